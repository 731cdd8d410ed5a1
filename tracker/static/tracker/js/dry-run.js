import { askApi } from "./api.js";
import { debounced } from "./debounce.js";
import { gettext, interpolate, language, ngettext } from "./i18n.js";

const QUIET_MS = 500;

/**
 * Says, while an area is drawn, how many incidents of the last days it would have caught: too many
 * alerts are as bad as none.
 */
export class DryRun {
  #polygon = null;
  #request = null;
  #output;
  #form;
  #ask = debounced(() => this.#run(), QUIET_MS);

  /** @param {HTMLElement} output inside the area's form */
  constructor(output) {
    this.#output = output;
    this.#form = output.closest("form");
    this.#form.querySelector(".drawing").addEventListener("outline", ({ detail }) => {
      this.#polygon = detail;
      this.#ask();
    });
    this.#form.addEventListener("change", ({ target }) => {
      if (target.name === "severity") this.#ask();
    });
  }

  async #run() {
    this.#request?.abort();
    this.#request = new AbortController();
    const severity = new FormData(this.#form).get("severity");
    if (!this.#polygon || !severity) {
      this.#say("");
      return;
    }
    try {
      const { signal } = this.#request;
      const body = { polygon: this.#polygon, severity };
      this.#say(sentence(await askApi("areas/dry-run/", { method: "POST", body, signal })));
    } catch (error) {
      if (error.name === "AbortError") return;
      const unknown = gettext("How many alerts it would raise is not known now.");
      this.#say(error.errors?.polygon?.[0] ?? unknown);
    }
  }

  #say(text) {
    this.#output.hidden = text === "";
    this.#output.textContent = text;
  }
}

function sentence({ days, count, open }) {
  if (count === 0) {
    const none = gettext("In the last %(days)s days this area would have raised no alert.");
    return interpolate(none, { days });
  }
  const text = ngettext(
    "In the last %(days)s days this area would have raised %(count)s alert; incidents still open: %(open)s.",
    "In the last %(days)s days this area would have raised %(count)s alerts; incidents still open: %(open)s.",
    count,
  );
  const local = (number) => number.toLocaleString(language);
  return interpolate(text, { days, count: local(count), open: local(open) });
}
