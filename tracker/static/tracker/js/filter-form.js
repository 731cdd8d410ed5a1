import { formatFilters, isReversed, parseFilters, sortName } from "./filters.js";
import { element } from "./dom.js";
import { language } from "./i18n.js";

/** "3.9K": a chip has room for three digits. */
const COMPACT = new Intl.NumberFormat(language, { notation: "compact" });

/** The filters as a form, kept in the address. Emits "change" with the filters as `detail`. */
export class FilterForm extends EventTarget {
  #form;
  /** The filters in force. */
  filters;

  constructor(form) {
    super();
    this.#form = form;
    this.#load();
    form.addEventListener("input", () => this.#changed());
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault(); // A reset would go back to the filters that the page was opened with.
      this.#apply(parseFilters(""));
    });
    addEventListener("popstate", () => this.#load());
  }

  /** Offer these areas to filter by. */
  setAreas(areas) {
    const select = this.#form.elements.area;
    const byName = [...areas.values()].sort((a, b) =>
      a.properties.name.localeCompare(b.properties.name),
    );
    const options = byName.map(({ properties }) =>
      element("option", { value: properties.pk }, properties.name),
    );
    select.replaceChildren(select.options[0], ...options);
    select.value = this.filters.area ?? "";
  }

  /** Let everything through, closed incidents too. */
  showAll() {
    this.#apply({ ...parseFilters(""), state: "all" });
  }

  /** Go back to the defaults. */
  reset() {
    this.#form.reset();
  }

  /** Say how many incidents of each severity there are. */
  setCounts(counts) {
    for (const output of this.#form.querySelectorAll("[data-count]")) {
      output.textContent = COMPACT.format(counts.get(output.dataset.count) ?? 0);
    }
  }

  #load() {
    this.#apply(parseFilters(location.search));
  }

  #apply(filters) {
    const { elements } = this.#form;
    for (const box of elements.severity) box.checked = filters.severities.includes(box.value);
    elements.state.value = filters.state;
    elements.q.value = filters.text;
    elements.hours.value = filters.hours ?? "";
    elements.area.value = filters.area ?? "";
    elements.sort.value = sortName(filters.sort);
    elements.reverse.checked = isReversed(filters.sort);
    const isHiding = filters.state !== "open" || filters.hours || filters.area;
    // A filter in force is not folded away.
    this.#form.querySelector("[data-more-filters]").open ||= Boolean(isHiding);
    this.#use(filters);
  }

  #changed() {
    const data = new FormData(this.#form);
    const query = new URLSearchParams([...data].filter(([name]) => name !== "severity"));
    query.set("severity", data.getAll("severity").join(","));
    if (data.has("reverse")) query.set("sort", `-${data.get("sort")}`);
    this.#use(parseFilters(query.toString()));
  }

  #use(filters) {
    this.filters = filters;
    history.replaceState(null, "", `${location.pathname}${formatFilters(filters)}`);
    this.dispatchEvent(new CustomEvent("change", { detail: filters }));
  }
}
