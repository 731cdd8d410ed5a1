import { addLine, connect, element, onSubmit } from "../examples/page.js";

const room = document.querySelector("[data-room]");
const log = room.querySelector("[data-log]");
const present = room.querySelector("[data-present]");

const said = new Set();

/** The history overlaps with what came before a reconnection, and with what comes during it. */
function say({ id, nick, message, sent }) {
  if (said.has(id)) return;
  said.add(id);
  const time = new Date(sent).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  addLine(log, "", element("b", "", nick), message, element("time", "help", ` ${time}`));
}

const receivers = {
  history: ({ messages }) => messages.forEach(say),
  message: say,
  joined: ({ nick }) => addLine(log, "is-note", `@${nick} joined the room`),
  left: ({ nick }) => addLine(log, "is-note", `@${nick} left the room`),
  present: ({ nicks }) => present.replaceChildren(...nicks.map((nick) => element("li", "", nick))),
  error: ({ error }) => addLine(log, "is-error", error),
};

const bridge = connect(room.dataset.socket, (message) => receivers[message.type](message));
onSubmit(room.querySelector("[data-form]"), (fields) => bridge.send(fields));
