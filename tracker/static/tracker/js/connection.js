import { gettext, interpolate, language } from "./i18n.js";
import { element, symbol } from "./dom.js";
import { clockTime, minuteTime, relativeTime } from "./time.js";

const time = ({ completeAt }) => minuteTime(completeAt);
const TEXTS = {
  connecting: () => gettext("Connecting…"),
  "catching-up": () => gettext("Catching up…"),
  live: (status) =>
    interpolate(gettext("Complete to #%(seq)s, %(time)s"), { seq: status.seq, time: time(status) }),
  waiting: stale,
  offline: stale,
  "signed-out": () => gettext("Signed out"),
};

function stale(status) {
  if (status.completeAt === null) return gettext("Not connected");
  return interpolate(gettext("Stale since %(time)s"), { time: time(status) });
}

const SYMBOLS = { live: "check", offline: "cross", "signed-out": "cross" };
/** The state of a feed in a few words, with its symbol. */
export function connectionParts(status) {
  const text = TEXTS[status.phase](status);
  return [symbol(SYMBOLS[status.phase] ?? "turning"), element("span", {}, text)];
}

/** Phases in which the page is behind. "catching-up" takes moments and gets no banner. */
const BEHIND = ["waiting", "offline", "signed-out"];

/**
 * Says whether the page is live, and since when it is not. The page's root carries the phase as
 * `data-phase`, so that style can tell old from new as well.
 */
export class ConnectionView {
  #page;
  #pill;
  #details;
  #banner;
  #announcer;
  #status = null;

  /**
   * @param {HTMLElement} page holds [data-banner] with its text, retry button and sign-in link
   */
  constructor(page, announcer, { onRetry }) {
    this.#page = page;
    this.#pill = document.querySelector("[data-connection]");
    this.#details = document.querySelector("[data-connection-details]");
    this.#banner = page.querySelector("[data-banner]");
    this.#announcer = announcer;
    this.#banner.querySelector("[data-retry]").addEventListener("click", onRetry);
    setInterval(() => this.#render(), 1_000);
  }

  show(status) {
    const isNews = this.#status?.phase !== status.phase && status.phase !== "connecting";
    this.#status = status;
    this.#render();
    if (isNews) this.#announce();
  }

  #announce() {
    const { phase } = this.#status;
    if (phase === "live") this.#announcer.say(gettext("The map is live."));
    if (BEHIND.includes(phase)) this.#announcer.say(this.#bannerText());
  }

  #render() {
    if (!this.#status) return;
    const { phase } = this.#status;
    const parts = connectionParts(this.#status);
    this.#page.dataset.phase = phase;
    this.#pill.dataset.phase = phase;
    if (this.#pill.textContent !== parts[1].textContent) this.#pill.replaceChildren(...parts);
    this.#details.textContent = this.#detailText();
    this.#renderBanner(phase);
  }

  #renderBanner(phase) {
    this.#banner.hidden = !BEHIND.includes(phase);
    if (this.#banner.hidden) return;
    this.#banner.querySelector("[data-banner-text]").textContent = this.#bannerText();
    this.#banner.querySelector("[data-retry]").hidden = phase === "signed-out";
    this.#banner.querySelector("[data-sign-in]").hidden = phase !== "signed-out";
  }

  #detailText() {
    const { phase, seq, completeAt } = this.#status;
    if (phase !== "live") return this.#bannerText();
    const text = gettext(
      "Every change up to number %(seq)s has arrived; confirmed at %(time)s. While it is quiet here, nothing has happened.",
    );
    return interpolate(text, { seq: seq.toLocaleString(language), time: clockTime(completeAt) });
  }

  #reason() {
    const { phase, retryAt } = this.#status;
    if (phase === "signed-out")
      return gettext("Your session has ended, or your account may not see this page any more.");
    if (phase !== "waiting") return gettext("Not live.");
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    return interpolate(gettext("Not live. Reconnecting in %(seconds)s s."), { seconds });
  }

  #bannerText() {
    const { completeAt } = this.#status;
    const reason = this.#reason();
    if (completeAt === null) return `${reason} ${gettext("Nothing could be loaded yet.")}`;
    const since = interpolate(gettext("The page shows the state of %(time)s (%(ago)s)."), {
      time: clockTime(completeAt),
      ago: relativeTime(completeAt),
    });
    return `${reason} ${since}`;
  }
}
