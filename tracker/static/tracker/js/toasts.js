import { alertCard, summaryCard } from "./alert-card.js";
import { URGENT } from "./severity.js";

const BATCH_MS = 1_500;
const MOST_TOASTS = 3;
const CALM_TOAST_MS = 30_000;
/** From the fourth alert of a burst on, the burst is one summary. */
const BURST = 3;

/**
 * Alerts that have just been raised. Urgent ones interrupt (role="alert") and stay until somebody
 * takes care; the others are gathered for a moment, said politely and go by themselves. A burst is
 * one card. None takes the focus.
 */
export class Toasts {
  #urgent;
  #calm;
  #me;
  #waiting = [];
  /** Cards on the screen, with the alerts each is about. */
  #cards = new Map();
  /** The card of each burst. */
  #bursts = new Map();

  /** Takes two live regions, and who looks at them. */
  constructor({ urgent, calm, me }) {
    this.#urgent = urgent;
    this.#calm = calm;
    this.#me = me;
    for (const place of [urgent, calm]) {
      place.addEventListener("click", ({ target }) => this.#clicked(target));
    }
  }

  /** Say the alerts that one incident has raised. */
  add(alerts) {
    const single = alerts.filter((alert) => alert.burst_size <= BURST);
    for (const alert of alerts) if (!single.includes(alert)) this.#addToBurst(alert);
    if (single.length === 0) return;
    if (isUrgent(single)) {
      this.#show(this.#urgent, this.#cardOf(single), single);
    } else {
      if (this.#waiting.length === 0) setTimeout(() => this.#sayWaiting(), BATCH_MS);
      this.#waiting.push(single);
    }
  }

  /** An alert that somebody takes care of, or that is over, calls nobody any more. */
  update(alert) {
    if (alert.state === "open") return;
    this.#waiting = this.#waiting.map((alerts) => alerts.filter(({ id }) => id !== alert.id));
    for (const [card, alerts] of this.#cards) {
      const left = alerts.filter(({ id }) => id !== alert.id);
      this.#cards.set(card, left);
      if (left.length === 0) this.#remove(card);
    }
  }

  #cardOf(alerts) {
    return alertCard(alerts, { mayAcknowledge: this.#me.may("change_alert"), isToast: true });
  }

  #addToBurst(alert) {
    const card = summaryCard(alert.burst_size, [alert]);
    const shown = this.#bursts.get(alert.burst);
    this.#bursts.set(alert.burst, card);
    if (!shown?.isConnected) {
      this.#show(isUrgent([alert]) ? this.#urgent : this.#calm, card, [alert]);
      return;
    }
    shown.replaceWith(card);
    this.#cards.set(card, [...this.#cards.get(shown), alert]);
    this.#cards.delete(shown);
  }

  #sayWaiting() {
    const groups = this.#waiting.filter((alerts) => alerts.length > 0);
    this.#waiting = [];
    if (groups.length > MOST_TOASTS) {
      const all = groups.flat();
      this.#showCalm(summaryCard(all.length, all), all);
    } else {
      for (const alerts of groups) this.#showCalm(this.#cardOf(alerts), alerts);
    }
  }

  #showCalm(card, alerts) {
    this.#show(this.#calm, card, alerts);
    this.#fade(card);
  }

  #show(place, card, alerts) {
    place.append(card);
    this.#cards.set(card, alerts);
    if (place.children.length > MOST_TOASTS) this.#remove(place.firstElementChild);
  }

  #remove(card) {
    this.#cards.delete(card);
    card.remove();
  }

  #clicked(target) {
    if (target.closest("button")) this.#remove(target.closest(".alert"));
  }

  /** A toast that somebody points at or works in stays until they leave. */
  #fade(card) {
    setTimeout(() => {
      if (card.matches(":hover, :focus-within")) this.#fade(card);
      else this.#remove(card);
    }, CALM_TOAST_MS);
  }
}

function isUrgent(alerts) {
  return alerts.some(({ severity_code: code }) => code === URGENT);
}
