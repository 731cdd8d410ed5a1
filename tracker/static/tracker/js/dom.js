import { severityLabel } from "./severity.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. Children are nodes or text (never markup); null children and attributes that are
 * null or false are left out, `true` makes an empty attribute.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A symbol of the page's sprite (includes/symbols.html), hidden from assistive technology. */
export function symbol(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "symbol");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#${name}`);
  svg.append(use);
  return svg;
}

/** Severity by shape, colour and text. */
export function severityBadge(code) {
  return element(
    "span",
    { class: `severity severity-${code}` },
    symbol(`severity-${code}`),
    severityLabel(code),
  );
}

/** A button with a symbol and text. */
export function button(text, { icon = null, ...attributes } = {}) {
  return element("button", { type: "button", ...attributes }, icon && symbol(icon), text);
}
