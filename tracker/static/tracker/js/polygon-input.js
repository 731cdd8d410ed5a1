import { Drawing } from "./drawing.js";
import { DrawingMap } from "./drawing-map.js";
import { button, element } from "./dom.js";
import { areaInSquareKilometres, findProblem } from "./geometry.js";
import { gettext, interpolate, language, ngettext } from "./i18n.js";
import { embeddedHint } from "./map.js";
import { PointTable } from "./point-table.js";

const DIGITS = 6;

/**
 * A polygon as GeoJSON text, a map to draw on and a table of points to type in. All three show one
 * Drawing; whichever changes it, the others follow. The text is what is sent, and all there is
 * without JavaScript. The container hears "outline" with the valid polygon as `detail`, or null.
 */
class PolygonInput {
  /** @param {HTMLTextAreaElement} textarea [data-polygon-input] */
  constructor(textarea) {
    this.textarea = textarea;
    this.drawing = new Drawing();
    this.container = textarea.closest(".drawing");
    this.makeTools();
    this.status = element("p", { class: "validity", role: "status" });
    this.mapElement = element("div", {
      class: "small-map",
      "aria-label": gettext("Map: the outline of the area"),
    });
    this.table = new PointTable(this.drawing);
    this.container.prepend(this.tools, this.mapElement, this.status, this.table.element);
    this.foldTextarea();
    this.map = new DrawingMap(this.mapElement, this.drawing);
    this.map.addEventListener("change", () => this.changed());
    this.map.addEventListener("preview", () => this.showValidity());
    this.table.addEventListener("change", () => this.changed());
    textarea.addEventListener("change", () => this.typed());
    this.read();
    this.drawing.forgetPast();
    this.showTools();
    this.map.fit();
    this.setAdding(this.drawing.isEmpty);
  }

  makeTools() {
    const tool = (text, icon, act) => {
      const made = button(text, { icon, class: "button" });
      made.addEventListener("click", act);
      return made;
    };
    this.addTool = tool(gettext("Add points"), "plus", () => this.setAdding(!this.map.isAdding));
    this.centreTool = tool(gettext("Point at centre"), "target", () => this.map.addAtCentre());
    this.removeTool = tool(gettext("Delete point"), "cross", () => this.map.removeChosen());
    this.undoTool = tool(gettext("Undo"), "undo", () => this.edit(() => this.drawing.undo()));
    this.holeTool = tool(gettext("Cut a hole"), "hole", () => this.startHole());
    this.clearTool = tool(gettext("Clear"), "trash", () => this.edit(() => this.drawing.clear()));
    this.fitTool = tool(gettext("Show all"), "fit", () => this.map.fit());
    this.tools = element(
      "div",
      { class: "tools", role: "toolbar", "aria-label": gettext("Drawing") },
      this.addTool,
      this.centreTool,
      this.removeTool,
      this.undoTool,
      this.holeTool,
      this.clearTool,
      this.fitTool,
    );
  }

  foldTextarea() {
    const help = element(
      "p",
      { class: "help" },
      gettext("The outline as GeoJSON. You can paste a Polygon here."),
    );
    const details = element("details", {}, element("summary", {}, gettext("GeoJSON")), help);
    this.textarea.before(details);
    details.append(this.textarea);
    this.textarea.required = false; // A folded field cannot be reached; the server asks for it.
  }

  setAdding(isAdding) {
    this.map.setAdding(isAdding);
    this.addTool.setAttribute("aria-pressed", isAdding);
  }

  startHole() {
    this.edit(() => this.drawing.startHole());
    this.setAdding(true);
  }

  edit(act) {
    act();
    this.changed();
  }

  changed() {
    const geometry = this.drawing.toGeoJSON();
    const rounded = (key, value) =>
      typeof value === "number" ? Number(value.toFixed(DIGITS)) : value;
    this.textarea.value = geometry ? JSON.stringify(geometry, rounded) : "";
    this.render();
  }

  typed() {
    this.read();
    this.map.fit();
  }

  /** Take over what the text says; what cannot be read is left for its author to mend. */
  read() {
    const text = this.textarea.value.trim();
    try {
      if (text) this.drawing.load(JSON.parse(text));
      else this.drawing.clear();
      this.render();
    } catch (error) {
      this.say(
        interpolate(gettext("The GeoJSON cannot be read: %(reason)s"), { reason: error.message }),
        "wrong",
      );
    }
  }

  render() {
    this.map.render();
    this.table.render();
    this.showTools();
    this.showValidity();
  }

  showTools() {
    this.undoTool.disabled = !this.drawing.canUndo;
    this.clearTool.disabled = this.drawing.isEmpty;
    this.holeTool.disabled = this.drawing.rings.some((ring) => ring.length < 3);
  }

  showValidity() {
    if (this.drawing.isEmpty) {
      this.map.markProblem(null);
      this.container.dispatchEvent(new CustomEvent("outline", { detail: null }));
      this.say(
        `${gettext("Press on the map to set the corners of the area, one after another.")} ${embeddedHint}`,
        "empty",
      );
      return;
    }
    const problem = findProblem(this.drawing.rings);
    this.map.markProblem(problem);
    if (problem) this.say(explain(problem, this.drawing.rings), "wrong");
    else this.say(describe(this.drawing.rings), "right");
    this.container.dispatchEvent(new CustomEvent("outline", { detail: this.outline(problem) }));
  }

  /** What to tell others of: the outline as GeoJSON while it is valid. */
  outline(problem) {
    return problem ? null : this.drawing.toGeoJSON();
  }

  say(text, kind) {
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.className = `validity is-${kind}`;
  }
}

function explain({ problem, ring, point }, rings) {
  switch (problem) {
    case "too-few": {
      const missing = 3 - rings[ring].length;
      const text = ngettext(
        "%(missing)s more point is needed.",
        "%(missing)s more points are needed.",
        missing,
      );
      return interpolate(text, { missing });
    }
    case "out-of-range":
      return gettext(
        "A point is beyond the edge of the world (longitude 180, latitude 90). Draw two areas, one on each side.",
      );
    case "crossing":
      return interpolate(
        gettext(
          "The outline crosses or touches itself after point %(point)s. Drag a point to untangle it.",
        ),
        { point: point + 1 },
      );
    case "hole-outside":
      return gettext("A hole must lie within the outline.");
    default:
      return gettext("Two holes overlap. Draw them as one.");
  }
}

function describe(rings) {
  const points = rings.flat().length;
  const size = areaInSquareKilometres(rings);
  const digits = size < 10 ? 2 : 0;
  return interpolate(gettext("A valid area of about %(size)s km² with %(points)s points."), {
    size: size.toLocaleString(language, { maximumFractionDigits: digits }),
    points,
  });
}

/** Enhance every polygon input of the page. */
export function makePolygonInputs() {
  for (const textarea of document.querySelectorAll("[data-polygon-input]")) {
    new PolygonInput(textarea);
  }
}
