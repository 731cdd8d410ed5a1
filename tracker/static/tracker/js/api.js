import { gettext } from "./i18n.js";

/** The server refused: `message` is for people, `status` and `code` for programs. */
export class Refused extends Error {
  constructor({ detail, status, code = null, errors = {} }) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/**
 * Ask the REST API; with `body`, post it as JSON.
 *
 * @param {string} path such as "alerts/12/acknowledge/"
 * @param {{method: string, body: object, signal: AbortSignal}} options
 * @returns {Promise<object>}
 * @throws {Refused} with the server's reason; TypeError if it cannot be reached
 */
export async function askApi(path, { method = "GET", body, signal } = {}) {
  const response = await fetch(`${document.body.dataset.apiUrl}${path}`, {
    method,
    signal,
    headers: {
      Accept: "application/json",
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...(method !== "GET" && { "X-CSRFToken": csrfToken() }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw new Refused(await problemOf(response));
  return response.json();
}

/** The problem that a response describes (RFC 9457), or what can be said without. */
export async function problemOf(response) {
  const { status } = response;
  const isProblem = response.headers.get("Content-Type")?.includes("json");
  const problem = isProblem ? await response.json() : {};
  return { ...problem, status, detail: problem.detail ?? gettext("The server refused this.") };
}

/** Every page has a form, and with it the token. */
function csrfToken() {
  return document.querySelector("[name=csrfmiddlewaretoken]").value;
}
