const DIRECTIONS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * One tab stop for all markers of a map: arrow keys go to the next marker in their direction, Enter
 * and space press it. Two thousand markers would be two thousand tab stops otherwise.
 *
 * @param {L.Map} map whose markers have role="button"
 */
export function makeMarkersRoving(map) {
  const pane = map.getPane("markerPane");
  const items = () => [...pane.querySelectorAll('[role="button"]')];
  const setStop = (stop) => items().forEach((item) => (item.tabIndex = item === stop ? 0 : -1));
  const refresh = () => {
    const all = items();
    if (!all.some((item) => item.tabIndex === 0)) setStop(all[0]);
  };
  new MutationObserver(refresh).observe(pane, { childList: true });
  pane.addEventListener("focusin", ({ target }) => setStop(target));
  pane.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      press(event);
    } else if (event.key in DIRECTIONS) {
      event.preventDefault();
      nearest(items(), event.target, DIRECTIONS[event.key])?.focus();
    }
  });
}

function press(event) {
  event.preventDefault(); // A press of its own, because Leaflet knows only Enter.
  event.stopPropagation();
  event.target.click();
}

function centre(item) {
  const { left, top, width, height } = item.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

/** The nearest item whose direction is the wanted one rather than across it. */
function nearest(items, from, [dx, dy]) {
  const [x, y] = centre(from);
  const candidates = items
    .map((item) => [item, centre(item)])
    .map(([item, [left, top]]) => ({
      item,
      along: (left - x) * dx + (top - y) * dy,
      across: Math.abs((left - x) * dy) + Math.abs((top - y) * dx),
    }))
    .filter(({ along, across }) => along > 0 && across <= 2 * along)
    .sort((a, b) => a.along + 2 * a.across - (b.along + 2 * b.across));
  return candidates[0]?.item;
}
