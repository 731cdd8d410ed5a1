const SVG = "http://www.w3.org/2000/svg";

/** Draws a state of the game; `you` is the player of this browser. */
export function drawBoard(board, { size: [width, height], coins, players }, you) {
  board.setAttribute("viewBox", `0 0 ${width} ${height}`);
  board.replaceChildren(
    ...coins.map(([x, y]) => shape("circle", { class: "coin", cx: x + 0.5, cy: y + 0.5, r: 0.25 })),
    ...Object.entries(players).map(([player, state]) => figure(state, player === you)),
  );
}

function figure({ nick, x, y, here }, isYou) {
  const initial = shape("text", { x: x + 0.5, y: y + 0.75 });
  initial.textContent = [...nick][0] ?? "";
  const names = ["player", isYou && "is-you", !here && "is-away"].filter(Boolean).join(" ");
  const group = shape("g", { class: names });
  group.append(shape("rect", { x: x + 0.05, y: y + 0.05, width: 0.9, height: 0.9, rx: 0.2 }), initial);
  return group;
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
