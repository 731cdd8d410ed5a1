import { connectionParts } from "./connection.js";
import { Feed } from "./feed.js";
import { gettext } from "./i18n.js";
import { keepPlace } from "./keep-place.js";
import { Me } from "./me.js";
import { fetchSignedIn } from "./snapshot.js";
import { showTimes } from "./time.js";
import { UnreadBadge } from "./unread.js";

const LEAST_PAUSE_MS = 1_000;

/**
 * A page that the server renders, kept up to date: whenever something happens that concerns it, it
 * is fetched again and its parts are replaced. So it always shows what the server would, with its
 * filters, permissions and language.
 *
 * `data-live` of the root says what concerns the page: the id of an incident or alert, or nothing
 * for everything. Its parts are marked `data-live-part`; the root hears "replaced".
 */
class ServerPage {
  constructor(root) {
    this.root = root;
    this.subject = root.dataset.live;
    this.me = new Me();
    this.badge = new UnreadBadge();
    this.pill = document.querySelector("[data-connection]");
    this.feed = new Feed(this, {
      load: (signal) => this.load(signal),
      url: document.body.dataset.socketUrl,
      isNumbered: false,
    });
    this.feed.addEventListener("change", ({ detail }) => this.changed(detail));
    this.feed.addEventListener("status", ({ detail }) => this.showStatus(detail));
    this.feed.addEventListener("personal", ({ detail }) => {
      this.me.learn(detail);
      this.badge.show(this.me.unread);
    });
    this.showStatus(this.feed.status);
    this.feed.start();
  }

  showStatus(status) {
    this.root.dataset.phase = this.pill.dataset.phase = status.phase;
    this.pill.replaceChildren(...connectionParts(status));
  }

  /** The server applies notifications, the page only hears of them. */
  apply(frame) {
    return frame.type === "hidden" ? null : frame;
  }

  changed({ frame }) {
    if (frame.type === "alert") {
      this.me.count(frame.alerts);
      this.badge.show(this.me.unread);
    }
    if (!this.subject || subjectsOf(frame).includes(this.subject)) this.plan();
  }

  replace({ page }) {
    const fresh = page.querySelector("[data-live]");
    if (fresh) this.show([...fresh.querySelectorAll("[data-live-part]")]);
    else this.showGone();
  }

  async load(signal) {
    const response = await fetchSignedIn(location.href, { signal, accept: "text/html" });
    if (!response.ok && response.status !== 404)
      throw new Error(`${location.href} answered ${response.status}.`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return { page };
  }

  plan() {
    this.planned ??= setTimeout(() => {
      this.planned = null;
      this.feed.refresh();
    }, LEAST_PAUSE_MS);
  }

  show(fresh) {
    for (const [index, part] of [...this.root.querySelectorAll("[data-live-part]")].entries()) {
      showTimes(fresh[index]);
      if (fresh[index].innerHTML === part.innerHTML) continue;
      keepPlace(part, () => part.replaceChildren(...fresh[index].childNodes));
    }
    this.root.dispatchEvent(new Event("replaced"));
  }

  showGone() {
    const note = document.createElement("p");
    note.className = "notice";
    note.setAttribute("role", "status");
    note.textContent = gettext("This does not exist any more. It was deleted.");
    this.root.replaceChildren(note);
  }
}

/** The ids of everything that a notification is about. */
function subjectsOf({ feature, alert, alerts = [] }) {
  const all = alert ? [alert, ...alerts] : alerts;
  return [feature?.id, ...all.flatMap(({ id, incident }) => [`Alert:${id}`, incident.id])];
}

new ServerPage(document.querySelector("[data-live]"));
