import { WebSocketBridge } from "../channels/js/websocketbridge.module.js";

/**
 * Opens a socket that speaks JSON and stays connected, and shows in the bar whether it is.
 *
 * @param {string} path of the socket on this host.
 * @param {function(object)} receive called with every message.
 * @param {string[]} [protocols] subprotocols to offer.
 * @returns {WebSocketBridge}
 */
export function connect(path, receive, protocols = []) {
  const bridge = new WebSocketBridge();
  bridge.connect(path, protocols);
  bridge.listen(receive);
  showConnection(bridge.socket);
  return bridge;
}

/** Shows in the bar whether a socket is open. */
export function showConnection(socket) {
  const sign = document.querySelector("[data-connection]");
  const show = (live) => {
    sign.hidden = false;
    sign.classList.toggle("is-live", live);
    sign.textContent = live ? "Live" : "Connecting…";
  };
  show(socket.readyState === WebSocket.OPEN);
  socket.addEventListener("open", () => show(true));
  socket.addEventListener("close", () => show(false));
}

/** Makes an element; what is put into it is text, never markup. */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

/** Adds a line to a log and keeps its end in view. */
export function addLine(log, className, ...children) {
  log.append(element("li", className, ...children));
  log.scrollTop = log.scrollHeight;
}

/** Calls `send` with the fields of a form when it is submitted, and empties its text field. */
export function onSubmit(form, send) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(Object.fromEntries(new FormData(form)));
    const text = form.querySelector("[data-empties]");
    if (text) text.value = "";
  });
}
