import { problemOf } from "./api.js";
import { button, element } from "./dom.js";
import { dropDraft, loadDraft, saveDraft } from "./draft.js";
import { gettext } from "./i18n.js";

const RETRY_MS = 10_000;

/**
 * Sends a report. Without a connection it keeps the report on the device and sends it when the
 * connection is back, also after the page was closed. The report's key makes the server take it
 * once, however often it is sent.
 */
export class ReportSender {
  #form;
  #place;
  #timer = null;
  #isSending = false;

  /** @param {HTMLFormElement} form with `data-thanks-url`, and [data-sending] for what to say */
  constructor(form) {
    this.#form = form;
    this.#place = form.querySelector("[data-sending]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      saveDraft(new FormData(form));
      this.#send();
    });
    addEventListener("online", () => loadDraft() && this.#send());
    if (loadDraft()) {
      this.#fill(loadDraft());
      this.#send();
    }
  }

  async #send() {
    if (this.#isSending) return;
    clearTimeout(this.#timer);
    this.#isSending = true;
    this.#lock(true);
    try {
      await this.#answered(await this.#post());
    } catch (error) {
      console.warn("The report could not be sent yet:", error);
      this.#wait();
    } finally {
      this.#isSending = false;
    }
  }

  #post() {
    const body = new FormData();
    for (const [name, value] of loadDraft()) body.append(name, value);
    const token = this.#form.elements.csrfmiddlewaretoken.value;
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    return fetch(this.#form.action, { method: "POST", body, headers });
  }

  async #answered(response) {
    if (response.status >= 500) throw new Error(`The server answered ${response.status}.`);
    if (response.ok) {
      dropDraft();
      location.assign(this.#form.dataset.thanksUrl);
      return;
    }
    const { detail, errors = {} } = await problemOf(response);
    dropDraft();
    this.#edit();
    this.#say([detail, ...Object.values(errors).flat()], "notice is-error");
  }

  #wait() {
    this.#timer = setTimeout(() => this.#send(), RETRY_MS);
    const edit = button(gettext("Change it"), { class: "button" });
    edit.addEventListener("click", () => {
      clearTimeout(this.#timer);
      dropDraft();
      this.#edit();
      this.#say([]);
    });
    const text = gettext(
      "No connection. Your report is kept on this device and is sent as soon as there is one. You may close this page and come back later.",
    );
    this.#say([text, edit], "notice");
  }

  /** Another report from here on, so it has another key. */
  #edit() {
    this.#lock(false);
    this.#form.elements.key.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
  }

  #lock(isLocked) {
    this.#form.querySelector("[data-fields]").disabled = isLocked;
    this.#form.setAttribute("aria-busy", isLocked);
  }

  #fill(fields) {
    for (const [name, value] of fields) {
      const input = this.#form.elements[name];
      if (input) input.value = value;
    }
    for (const input of this.#form.querySelectorAll("[data-point-input] input")) {
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  #say(parts, className = "") {
    const unique = [...new Set(parts)];
    this.#place.className = className;
    this.#place.replaceChildren(
      ...unique.map((part) => (part instanceof Node ? part : element("p", {}, part))),
    );
    if (unique.length) this.#place.scrollIntoView({ block: "nearest" });
  }
}
