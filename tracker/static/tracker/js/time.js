import { gettext, language } from "./i18n.js";
import { element } from "./dom.js";

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const REFRESH_MS = 30_000;

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" });
const minute = new Intl.DateTimeFormat(language, { timeStyle: "short" });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium" });

/** "3 minutes ago", in the language of the page. */
export function relativeTime(date, now = Date.now()) {
  const seconds = Math.round((now - date) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? [null, 1];
  return unit ? relative.format(-Math.round(seconds / size), unit) : gettext("just now");
}

/** "Nov 21, 2026, 9:14:05 AM GMT+1", in the zone of the viewer. */
export function exactTime(date) {
  return exact.format(date);
}

/** "9:14:05 AM". */
export function clockTime(date) {
  return clock.format(date);
}

/** A `<time>` that shows the relative time, keeps doing so, and has the exact one at hand. */
export function timeElement(iso) {
  const made = element("time", { datetime: iso, "data-relative": true });
  show(made);
  return made;
}

function show(time) {
  const date = new Date(time.dateTime);
  time.textContent = relativeTime(date);
  time.title = exactTime(date);
}

/** "9:14 AM". */
export function minuteTime(date) {
  return minute.format(date);
}

/** Show every `<time data-relative>` within an element in local terms. */
export function showTimes(root) {
  root.querySelectorAll("time[data-relative]").forEach(show);
}

/** Show every such time of the page, from now on. */
export function keepTimesFresh() {
  showTimes(document);
  setInterval(() => showTimes(document), REFRESH_MS);
}
