import { AlertList } from "./alert-list.js";
import { Alarms } from "./alarms.js";
import { askApi } from "./api.js";
import { gettext } from "./i18n.js";
import { Toasts } from "./toasts.js";

/** From the fourth alert of a burst on there is no sound of its own. */
const BURST = 3;

/**
 * Everything about alerts on the live map: toasts, alarms, the list and what is unread.
 * Events: "show" with an incident's id as `detail`; "show-inbox"; "unread" with a number.
 */
export class AlertDesk extends EventTarget {
  #state;
  #me;
  #announcer;
  #list;
  #toasts;
  #alarms;

  /** @param {HTMLElement} root of the live map */
  constructor(root, { state, me, announcer }) {
    super();
    this.#state = state;
    this.#me = me;
    this.#announcer = announcer;
    const place = (name) => root.querySelector(`[data-alerts-${name}]`);
    this.#list = new AlertList(place("list"));
    this.#toasts = new Toasts({ urgent: place("urgent"), calm: place("calm"), me });
    this.#alarms = new Alarms(place("alarms"));
    root.addEventListener("click", ({ target }) => this.#clicked(target.closest("button")));
  }

  /** Alerts were raised: count them, and call for attention where that is wanted. */
  raised(alerts) {
    this.#me.count(alerts);
    const audible = alerts.filter(({ area }) => this.#me.wantsToHear(area.pk));
    if (audible.length) this.#toasts.add(audible);
    this.#alarms.raise(audible.filter((alert) => alert.burst_size <= BURST));
  }

  changed(alerts) {
    for (const alert of alerts) this.#toasts.update(alert);
  }

  render() {
    const mayAcknowledge = this.#me.may("change_alert");
    this.#list.render(this.#state.latestAlerts(), { mayAcknowledge, seen: this.#me.seen });
    this.#emit("unread", this.#me.unread);
  }

  /** Everything here has been seen; the user's other pages hear of it too. */
  async markRead() {
    const [newest] = this.#state.latestAlerts();
    if (!newest || this.#me.unread === 0) return;
    await this.#ask("inbox/read/", { through: newest.id });
  }

  #clicked(button) {
    if (!button) return;
    const { show, acknowledge, showInbox } = button.dataset;
    if (show) this.#emit("show", show);
    if (showInbox !== undefined) this.#emit("show-inbox");
    if (acknowledge) this.#acknowledge(acknowledge.split(","), button);
  }

  /** What comes of it arrives through the socket, here as on every other page. */
  async #acknowledge(ids, button) {
    button.disabled = true;
    for (const id of ids) await this.#ask(`alerts/${id}/acknowledge/`, {});
    button.disabled = false;
  }

  async #ask(path, body) {
    try {
      await askApi(path, { method: "POST", body });
    } catch (error) {
      const isOurs = error.status !== undefined;
      this.#announcer.say(isOurs ? error.message : gettext("The server cannot be reached."));
      console.warn(`${path} failed:`, error);
    }
  }

  #emit(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
