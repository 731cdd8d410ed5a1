import { addLine, connect, element, onSubmit } from "../examples/page.js";

const chat = document.querySelector("[data-chat]");
const log = chat.querySelector("[data-log]");

const bridge = connect(chat.dataset.url, ({ user, color, message, errors }) => {
  if (errors) {
    addLine(log, "is-error", Object.values(errors).flat().join(" "));
    return;
  }
  const name = element("b", "", user);
  name.style.color = color;
  addLine(log, "", name, message);
});
onSubmit(chat.querySelector("[data-form]"), (fields) => bridge.send(fields));
