const KEY = "tracker.report";

/** The report that waits to be sent, as pairs of field and value; null when there is none. */
export function loadDraft(storage = localStorage) {
  try {
    const fields = JSON.parse(storage.getItem(KEY));
    return Array.isArray(fields) ? fields : null;
  } catch {
    return null;
  }
}

/** Keep a report. The token of the session stays out: it is another one when it is sent. */
export function saveDraft(fields, storage = localStorage) {
  const kept = [...fields].filter(([name]) => name !== "csrfmiddlewaretoken");
  storage.setItem(KEY, JSON.stringify(kept));
}

export function dropDraft(storage = localStorage) {
  storage.removeItem(KEY);
}
