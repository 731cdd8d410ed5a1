import { connect, element, onSubmit } from "../examples/page.js";

const form = document.querySelector("[data-form]");
const list = document.querySelector("[data-tasks]");
const error = document.querySelector("[data-error]");
const items = new Map();

const receivers = {
  tasks: ({ tasks }) => tasks.forEach(show),
  task: ({ task }) => show(task),
  error: (refusal) => complain(refusal.error),
};
const bridge = connect("/ws/tasks/", (message) => receivers[message.type](message));

function show(task) {
  const item = element("li", "", element("span", "state", stateOf(task)), element("b", "", task.name));
  item.dataset.state = task.state;
  if (task.state === "running") item.append(progressOf(task));
  for (const src of task.result) item.append(Object.assign(new Image(), { src, alt: "Thumbnail" }));
  if (task.error) item.append(element("p", "is-error", task.error));
  if (task.state === "dead") item.append(requeueButton(task));
  if (items.has(task.id)) items.get(task.id).replaceWith(item);
  else list.prepend(item);
  items.set(task.id, item);
}

function stateOf({ state, attempts }) {
  const name = state === "dead" ? "dead letter" : state;
  return attempts > 1 ? `${name}, attempt ${attempts}` : name;
}

function progressOf({ progress }) {
  return Object.assign(element("progress", ""), { max: 100, value: progress });
}

function requeueButton({ id }) {
  const button = element("button", "button", "Try again");
  button.addEventListener("click", () => bridge.send({ requeue: id }));
  return button;
}

function complain(text) {
  error.hidden = !text;
  error.textContent = text;
}

onSubmit(form, async () => {
  const response = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (response.ok) return complain("");
  const { errors } = response.status === 400 ? await response.json() : { errors: {} };
  return complain(Object.values(errors).flat().join(" ") || "It could not be sent.");
});
