import { addLine, connect, onSubmit } from "../examples/page.js";

const feed = document.querySelector("[data-feed]");
const form = feed.querySelector("[data-form]");
const log = feed.querySelector("[data-log]");
const { protocol, token } = feed.dataset;

connect("/ws/userfeed/", ({ notification }) => addLine(log, "", notification), [protocol, token]);

onSubmit(form, async (fields) => {
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields) });
  if (response.ok) return;
  const { errors } = response.status === 400 ? await response.json() : { errors: {} };
  addLine(log, "is-error", Object.values(errors).flat().join(" ") || "It could not be sent.");
});
