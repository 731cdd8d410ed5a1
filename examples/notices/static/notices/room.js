import { addLine, connect, onSubmit } from "../examples/page.js";

const room = document.querySelector("[data-room]");
const log = room.querySelector("[data-log]");

const bridge = connect(room.dataset.socket, ({ message, error }) => {
  if (error) addLine(log, "is-error", error);
  else addLine(log, "", typeof message === "string" ? message : JSON.stringify(message));
});
onSubmit(room.querySelector("[data-form]"), (fields) => bridge.send(fields));
