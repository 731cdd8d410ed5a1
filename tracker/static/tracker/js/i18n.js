/**
 * Translations from Django's JavaScriptCatalog, which the base template loads before every module.
 * Without it (an error page, a unit test) the English text of the source stands.
 */
const catalog = globalThis.django ?? {};

export const gettext = catalog.gettext ?? ((text) => text);
export const ngettext = catalog.ngettext ?? ((one, many, count) => (count === 1 ? one : many));

/** Fill `%(name)s` in `text` from `values`. */
export function interpolate(text, values) {
  return text.replace(/%\((\w+)\)s/g, (match, name) => values[name] ?? match);
}

/** The page's language, for dates and numbers. */
export const language = globalThis.document?.documentElement.lang || undefined;
