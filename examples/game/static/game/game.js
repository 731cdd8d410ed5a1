import { connect, element } from "../examples/page.js";
import { drawBoard } from "./board.js";

const TURN_MS = 50;
const KEYS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

const game = document.querySelector("[data-game]");
const board = game.querySelector("[data-board]");
const players = game.querySelector("[data-players]");
const error = game.querySelector("[data-error]");

let you = null;
let version = -1;
let held = null;

const receivers = {
  you: ({ player }) => (you = player),
  state(state) {
    // Two workers may overtake each other.
    if (state.version < version) return;
    version = state.version;
    error.hidden = true;
    drawBoard(board, state, you);
    players.replaceChildren(...Object.entries(state.players).map(row));
  },
  error(refusal) {
    error.hidden = false;
    error.textContent = refusal.error;
  },
};

function row([player, { nick, score, x, y, here }]) {
  const item = element("li", player === you ? "is-you" : "", `${nick}: ${score}`);
  item.classList.toggle("is-away", !here);
  if (!here) item.append(" (away)");
  Object.assign(item.dataset, { player, x, y });
  return item;
}

const bridge = connect(game.dataset.socket, (message) => receivers[message.type](message));

/** The server decides; a move made while it cannot be reached is not made later. */
function move() {
  if (held && bridge.socket.readyState === WebSocket.OPEN) bridge.send({ move: held });
}

function hold(direction) {
  if (held === direction) return;
  held = direction;
  move();
}

setInterval(move, TURN_MS);
addEventListener("keydown", (event) => {
  if (!KEYS[event.key] || event.target.matches("input")) return;
  event.preventDefault();
  hold(KEYS[event.key]);
});
addEventListener("keyup", (event) => KEYS[event.key] === held && hold(null));
addEventListener("blur", () => hold(null));
for (const button of game.querySelectorAll("[data-move]")) {
  button.addEventListener("pointerdown", () => hold(button.dataset.move));
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) {
    button.addEventListener(end, () => hold(null));
  }
}
