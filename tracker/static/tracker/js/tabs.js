const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** Tabs after the ARIA pattern: one tab stop, arrow keys choose. Emits "tab" on the list,
 * with the id of the chosen one as `detail`. */
export function makeTabs(list) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];
  const choose = (chosen) => {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isChosen;
    }
    list.dispatchEvent(new CustomEvent("tab", { detail: chosen.id }));
  };
  for (const tab of tabs) tab.addEventListener("click", () => choose(tab));
  list.addEventListener("keydown", ({ key, target }) => {
    if (!(key in STEPS)) return;
    const next = tabs[(tabs.indexOf(target) + STEPS[key] + tabs.length) % tabs.length];
    next.focus();
    choose(next);
  });
}
