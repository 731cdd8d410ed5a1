/**
 * Change what is in a container, for somebody who is at work in it: what had the focus gets it
 * back, or what took its place does; what was unfolded stays so.
 */
export function keepPlace(container, change) {
  const focused = container.contains(document.activeElement) ? document.activeElement : null;
  const index = focusable(container).indexOf(focused);
  const key = focused && keyOf(focused);
  const unfolded = [...container.querySelectorAll("details[open]")].map(before);
  change();
  for (const details of container.querySelectorAll("details")) {
    if (unfolded.includes(before(details))) details.open = true;
  }
  if (!focused) return;
  const all = focusable(container);
  (all.find((element) => keyOf(element) === key) ?? all[index])?.focus({ preventScroll: true });
}

function focusable(container) {
  return [...container.querySelectorAll("a[href], button, input, select, textarea, summary")];
}

function keyOf(element) {
  return `${element.tagName} ${element.getAttribute("href") ?? element.name} ${element.textContent}`;
}

/** What a fold belongs to: the address before it. */
function before(details) {
  return details.previousElementSibling?.getAttribute("href") ?? null;
}
