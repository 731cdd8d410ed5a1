import { gettext, interpolate } from "./i18n.js";
import { button, element, symbol } from "./dom.js";
import { incidentLabel } from "./icons.js";
import { severityLabel } from "./severity.js";
import { timeElement } from "./time.js";

const PAGE = 100;
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/**
 * The incidents beside the map; the map's equal and the way of the keyboard to it.
 *
 * Events, with an incident's id as `detail`: "select" (pressed), "point" (hovered or focused; null
 * when no longer).
 */
export class IncidentList extends EventTarget {
  #list;
  #more;
  #rows = new Map();
  #features = [];
  #limit = PAGE;
  #current = null;

  /** Takes the place of the list that the server made for pages without JavaScript. */
  constructor(container) {
    super();
    this.#list = element("ol", { class: "rows", role: "list" });
    this.#more = button("", { class: "button more", hidden: true });
    container.replaceChildren(this.#list, this.#more);
    this.#more.addEventListener("click", () => this.#showMore());
    this.#list.addEventListener("click", (event) => this.#clicked(event));
    this.#list.addEventListener("keydown", (event) => this.#keyPressed(event));
    for (const type of ["pointerover", "focusin"]) {
      this.#list.addEventListener(type, ({ target }) => this.#emit("point", idOf(target)));
    }
    for (const type of ["pointerleave", "focusout"]) {
      this.#list.addEventListener(type, () => this.#emit("point", null));
    }
  }

  /** Show these incidents in this order, moving and keeping the rows that are already there. */
  render(features) {
    this.#features = features;
    const shown = features.slice(0, this.#limit);
    const focused = this.#list.contains(document.activeElement) ? document.activeElement : null;
    const ids = new Set(shown.map(({ id }) => id));
    const isFirst = this.#rows.size === 0;
    for (const [id, { row }] of this.#rows) {
      if (!ids.has(id)) this.#drop(id, row);
    }
    shown.forEach((feature, index) => this.#place(this.#row(feature, { isNews: !isFirst }), index));
    if (focused && focused !== document.activeElement) this.#restoreFocus(focused);
    this.#showRest(features.length - shown.length);
    this.#setStop();
  }

  /** Mark one incident as the one shown on the map, and scroll to it. */
  setCurrent(id) {
    this.#buttonOf(this.#current)?.removeAttribute("aria-current");
    this.#current = id;
    const current = this.#buttonOf(id);
    current?.setAttribute("aria-current", "true");
    current?.scrollIntoView({ block: "nearest" });
    this.#setStop();
  }

  /** The row's button, to which a pop-up gives the focus back. */
  buttonOf(id) {
    return this.#buttonOf(id);
  }

  #row(feature, { isNews }) {
    const known = this.#rows.get(feature.id);
    if (known?.feature === feature) return known.row;
    const row = makeRow(feature, known === undefined && isNews);
    known?.row.replaceWith(row);
    this.#rows.set(feature.id, { feature, row });
    if (feature.id === this.#current)
      row.querySelector("button").setAttribute("aria-current", "true");
    return row;
  }

  #place(row, index) {
    const there = this.#list.children[index];
    if (there !== row) this.#list.insertBefore(row, there ?? null);
  }

  #drop(id, row) {
    this.#rows.delete(id);
    row.remove();
  }

  /** What is moved, renewed or removed loses the focus; its row or the first takes it back. */
  #restoreFocus(lost) {
    const button = this.#buttonOf(idOf(lost)) ?? this.#list.querySelector("button");
    button?.focus({ preventScroll: true });
  }

  #showRest(rest) {
    this.#more.hidden = rest <= 0;
    this.#more.textContent = interpolate(gettext("Show more (%(rest)s left)"), { rest });
  }

  #showMore() {
    const firstNew = this.#limit;
    this.#limit += PAGE;
    this.render(this.#features);
    this.#list.children[firstNew]?.querySelector("button").focus();
  }

  /** Only one row is a tab stop; arrow keys move between rows. */
  #setStop() {
    const buttons = [...this.#list.querySelectorAll("button")];
    const stop = this.#list.contains(document.activeElement)
      ? this.#buttonOf(idOf(document.activeElement))
      : (this.#buttonOf(this.#current) ?? buttons[0]);
    for (const button of buttons) button.tabIndex = button === stop ? 0 : -1;
  }

  #clicked({ target }) {
    if (target.closest("button")) this.#emit("select", idOf(target));
  }

  #keyPressed(event) {
    const row = event.target.closest("li");
    const rows = this.#list.children;
    const index = [...rows].indexOf(row);
    const goal = { Home: 0, End: rows.length - 1 }[event.key] ?? index + (STEPS[event.key] ?? 0);
    if (goal === index || !rows[goal]) return;
    event.preventDefault();
    rows[goal].querySelector("button").focus();
    this.#setStop();
  }

  #buttonOf(id) {
    return this.#rows.get(id)?.row.querySelector("button") ?? null;
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function idOf(node) {
  return node.closest("li")?.dataset.id ?? null;
}

function makeRow(feature, isNew) {
  const { name, severity_code: code, closed, created, url } = feature.properties;
  const state = closed ? gettext("closed") : gettext("open");
  return element(
    "li",
    {
      class: `row severity-${code}${closed ? " is-closed" : ""}${isNew ? " is-new" : ""}`,
      "data-id": feature.id,
    },
    element(
      "button",
      { type: "button", class: "row-main", tabindex: "-1" },
      symbol(`severity-${code}`),
      element("span", { class: "row-name" }, name),
      element(
        "span",
        { class: "row-facts" },
        `${severityLabel(code)} · ${state} · `,
        timeElement(created),
      ),
    ),
    element(
      "a",
      {
        class: "row-link",
        href: url,
        "aria-label": interpolate(gettext("Details of %(label)s"), {
          label: incidentLabel(feature),
        }),
      },
      symbol("chevron"),
    ),
  );
}
