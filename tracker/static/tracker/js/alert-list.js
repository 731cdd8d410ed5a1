import { alertCard } from "./alert-card.js";
import { element } from "./dom.js";
import { gettext, interpolate, ngettext } from "./i18n.js";

const MOST_SHOWN = 100;

/** The alerts beside the map, the newest first, those of one burst folded together. */
export class AlertList {
  #list;
  #rows = new Map();

  constructor(list) {
    this.#list = list;
  }

  /** Show these alerts, keeping the rows that did not change. */
  render(alerts, { mayAcknowledge, seen }) {
    const bursts = [...Map.groupBy(alerts, ({ burst }) => burst).values()].slice(0, MOST_SHOWN);
    const rows = new Map();
    for (const burst of bursts) {
      const key = JSON.stringify([burst, mayAcknowledge, burst[0].id > seen]);
      const row = this.#rows.get(key) ?? makeRow(burst, { mayAcknowledge, seen });
      rows.set(key, row);
    }
    this.#rows = rows;
    const wanted = [...rows.values()];
    for (const row of [...this.#list.children]) if (!wanted.includes(row)) row.remove();
    wanted.forEach((row, index) => {
      const there = this.#list.children[index];
      if (there !== row) this.#list.insertBefore(row, there ?? null);
    });
  }
}

function makeRow(burst, { mayAcknowledge, seen }) {
  const [latest, ...rest] = burst.map((alert) =>
    alertCard([alert], { mayAcknowledge, isToast: false }),
  );
  const isUnread = burst[0].id > seen;
  return element("li", { class: isUnread ? "is-unread" : null }, latest, folded(rest));
}

function folded(cards) {
  if (cards.length === 0) return null;
  const text = ngettext(
    "%(count)s more in the same minutes",
    "%(count)s more in the same minutes",
    cards.length,
  );
  const summary = element("summary", {}, interpolate(text, { count: cards.length }));
  return element("details", { class: "burst", "aria-label": gettext("Burst") }, summary, ...cards);
}
