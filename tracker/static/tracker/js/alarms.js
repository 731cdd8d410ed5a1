import { element } from "./dom.js";
import { gettext, interpolate } from "./i18n.js";
import { loadAlarms, saveAlarms } from "./preferences.js";
import { severityLabel, URGENT } from "./severity.js";
import { isSoundBlocked, playAlarm, unlockSound } from "./sound.js";

const WAYS = ["sound", "notification"];

/**
 * Sound and browser notifications, which the user turns on per severity. Says when the browser
 * blocks what is turned on, because a silent alarm is worse than none.
 */
export class Alarms {
  #form;
  #wanted = loadAlarms();

  /** @param {HTMLFormElement} form with boxes named "sound" and "notification", and [data-blocked] */
  constructor(form) {
    this.#form = form;
    for (const way of WAYS) {
      for (const box of form.elements[way]) box.checked = this.#wanted[way].includes(box.value);
    }
    form.addEventListener("change", () => this.#changed());
    form.querySelector("[data-test-alarm]").addEventListener("click", () => this.#test());
    document.addEventListener("pointerdown", () => this.#unlock());
    document.addEventListener("keydown", () => this.#unlock());
    this.#showBlocked();
  }

  /** Call for attention to alerts, as far as the user wants that for their severities. */
  raise(alerts) {
    const heard = this.#ofWanted("sound", alerts);
    if (heard.length) {
      playAlarm({ isUrgent: heard.some(({ severity_code: code }) => code === URGENT) });
      this.#showBlocked();
    }
    const shown = this.#ofWanted("notification", alerts);
    if (shown.length && this.#mayNotify()) notify(shown);
  }

  #ofWanted(way, alerts) {
    return alerts.filter(({ severity_code: code }) => this.#wanted[way].includes(code));
  }

  async #changed() {
    const data = new FormData(this.#form);
    this.#wanted = Object.fromEntries(WAYS.map((way) => [way, data.getAll(way)]));
    saveAlarms(this.#wanted);
    if (this.#wanted.notification.length && globalThis.Notification?.permission === "default") {
      await Notification.requestPermission();
    }
    this.#showBlocked();
  }

  async #test() {
    await unlockSound();
    playAlarm({ isUrgent: true });
    this.#showBlocked();
  }

  /** A page that was opened with sound turned on may sound after the first press on it. */
  async #unlock() {
    if (this.#wanted.sound.length === 0 || !isSoundBlocked()) return;
    await unlockSound();
    this.#showBlocked();
  }

  #mayNotify() {
    return globalThis.Notification?.permission === "granted";
  }

  #showBlocked() {
    const reasons = [
      this.#wanted.sound.length && isSoundBlocked()
        ? gettext("Sound is blocked until you press something on this page.")
        : null,
      this.#wanted.notification.length && !this.#mayNotify()
        ? gettext("Notifications are blocked. Allow them in the browser's settings for this page.")
        : null,
    ].filter(Boolean);
    const place = this.#form.querySelector("[data-blocked]");
    place.hidden = reasons.length === 0;
    place.replaceChildren(...reasons.map((reason) => element("span", {}, reason)));
    // The summary says it too: what is folded away must not hide it.
    document.querySelector("[data-alarms-blocked]").hidden = reasons.length === 0;
  }
}

function notify(alerts) {
  for (const { id, area, incident, severity_code: code } of alerts) {
    const title = interpolate(gettext("%(severity)s: %(name)s"), {
      severity: severityLabel(code),
      name: incident.name,
    });
    const body = interpolate(gettext("In %(area)s"), { area: area.name });
    // The tag makes one notification of what two tabs of a browser say.
    const requireInteraction = code === URGENT;
    const shown = new Notification(title, { body, tag: `alert-${id}`, requireInteraction });
    shown.addEventListener("click", () => window.focus());
  }
}
