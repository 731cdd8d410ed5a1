import { button, element } from "./dom.js";
import { gettext, interpolate } from "./i18n.js";

const DIGITS = 6;

/**
 * The points of a Drawing as coordinates to read and type, for those who draw without a pointer.
 * Emits "change" when it changed the drawing.
 */
export class PointTable extends EventTarget {
  #drawing;
  #list = element("ol", { class: "points" });
  #latitude = coordinate(gettext("Latitude of the new point"), 90, "");
  #longitude = coordinate(gettext("Longitude of the new point"), 180, "");

  constructor(drawing) {
    super();
    this.#drawing = drawing;
    const add = button(gettext("Add"), { icon: "plus", class: "button" });
    this.element = element(
      "details",
      {},
      element("summary", {}, gettext("Points as coordinates")),
      element("p", { class: "help" }, gettext("Latitude and longitude in degrees.")),
      this.#list,
      element("div", { class: "point-row" }, "+", this.#latitude, this.#longitude, add),
    );
    add.addEventListener("click", () => this.#add());
    this.#list.addEventListener("change", ({ target }) => this.#typed(target));
    this.#list.addEventListener("click", ({ target }) => this.#pressed(target));
    this.element.addEventListener("toggle", () => this.render());
  }

  render() {
    if (!this.element.open) return; // Thousands of points cost nothing while nobody looks.
    const { rings } = this.#drawing;
    const rows = [...this.#list.querySelectorAll(".point-row")];
    const shown = rows.map(({ dataset }) => dataset.ring).join();
    const wanted = rings.flatMap((ring, index) => ring.map(() => index)).join();
    // Rows that can stay do, so that the focus stays where Tab took it.
    if (shown === wanted) rings.flat().forEach((point, index) => showPoint(rows[index], point));
    else this.#list.replaceChildren(...rings.flatMap(ringRows));
  }

  #add() {
    const inputs = [this.#longitude, this.#latitude];
    if (inputs.some((input) => !isGiven(input))) {
      inputs.find((input) => !isGiven(input)).focus();
      return;
    }
    this.#drawing.append(inputs.map((input) => input.valueAsNumber));
    for (const input of inputs) input.value = "";
    this.#changed();
    this.#latitude.focus();
  }

  #typed(input) {
    const row = input.closest("li");
    const inputs = [...row.querySelectorAll("input")].reverse();
    if (!inputs.every(isGiven)) return;
    this.#drawing.checkpoint();
    this.#drawing.place(
      Number(row.dataset.ring),
      Number(row.dataset.index),
      inputs.map((each) => each.valueAsNumber),
    );
    this.#changed();
  }

  #pressed(target) {
    const row = target.closest("button")?.closest("li");
    if (!row) return;
    this.#drawing.remove(Number(row.dataset.ring), Number(row.dataset.index));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function isGiven(input) {
  return input.value !== "" && input.validity.valid;
}

function coordinate(label, limit, value) {
  return element("input", {
    type: "number",
    step: "any",
    min: -limit,
    max: limit,
    value,
    "aria-label": label,
  });
}

function showPoint(row, [longitude, latitude]) {
  const inputs = row.querySelectorAll("input");
  [latitude, longitude].forEach(
    (value, index) => (inputs[index].value = Number(value.toFixed(DIGITS))),
  );
}

function ringRows(ring, ringIndex) {
  const name =
    ringIndex === 0 ? null : interpolate(gettext("Hole %(number)s"), { number: ringIndex });
  const heading = name ? [element("li", { class: "ring-name" }, name)] : [];
  return [...heading, ...ring.map((point, index) => pointRow(point, index, ringIndex))];
}

function pointRow([longitude, latitude], index, ringIndex) {
  const number = index + 1;
  const labelled = (text) => interpolate(text, { number });
  return element(
    "li",
    { class: "point-row", "data-ring": ringIndex, "data-index": index },
    `${number}.`,
    coordinate(
      labelled(gettext("Latitude of point %(number)s")),
      90,
      Number(latitude.toFixed(DIGITS)),
    ),
    coordinate(
      labelled(gettext("Longitude of point %(number)s")),
      180,
      Number(longitude.toFixed(DIGITS)),
    ),
    button("", {
      icon: "cross",
      class: "button quiet",
      "aria-label": labelled(gettext("Delete point %(number)s")),
    }),
  );
}
