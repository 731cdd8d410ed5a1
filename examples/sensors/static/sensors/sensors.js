import { connect, element } from "../examples/page.js";

const OUTCOMES = ["accepted", "repeated", "malformed", "oversized", "busy"];

const counts = document.querySelector("[data-counts]");
const readings = document.querySelector("[data-readings]");
const seen = new Set();

connect("/ws/sensors/", (message) => receivers[message.type](message));

const receivers = {
  counts: ({ counts: by }) =>
    counts.replaceChildren(
      ...OUTCOMES.flatMap((name) => [element("dt", "", name), element("dd", "", by[name] ?? 0)]),
    ),
  reading({ reading }) {
    const key = `${reading.sensor} ${reading.number}`;
    if (seen.has(key)) return;
    seen.add(key);
    readings.prepend(row(reading));
  },
};

function row({ sensor, number, value, received, incident }) {
  const time = new Date(received).toLocaleTimeString();
  const cells = [sensor, number, value, time, incident ? linkTo(incident) : "deleted"];
  return element("tr", "", ...cells.map((cell) => element("td", "", cell)));
}

function linkTo(address) {
  return Object.assign(element("a", "", "Show"), { href: address });
}
