import { addLine, onSubmit, showConnection } from "../examples/page.js";
import { WebSocketBridge } from "../channels/js/websocketbridge.module.js";

const raw = document.querySelector("[data-raw]");
const log = raw.querySelector("[data-log]");

const bridge = new WebSocketBridge();
bridge.connect(raw.dataset.url);
showConnection(bridge.socket);

// These sockets speak text and no JSON, so the bridge's own listen() and send() are left out.
bridge.socket.addEventListener("message", ({ data }) => addLine(log, "", "← ", data));
onSubmit(raw.querySelector("[data-form]"), ({ data }) => {
  addLine(log, "is-note", "→ ", data);
  bridge.socket.send(data);
});
