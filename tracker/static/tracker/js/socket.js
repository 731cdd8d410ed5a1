const FIRST_DELAY_MS = 1_000;
/** So that a page is right again ten seconds after the server is, however long it was away. */
const LONGEST_DELAY_MS = 8_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** The server sends a heartbeat every 5 s; a connection that is silent for longer is dead. */
const SILENCE_MS = 15_000;
const WATCH_MS = 1_000;
/** After a connection that lived this long, waiting starts again from the first delay. */
const STABLE_AFTER_MS = 5_000;

/** Why the server closed, where it makes a difference. */
export const CLOSE = Object.freeze({
  BAD_REQUEST: 4400,
  SIGNED_OUT: 4401,
  RIGHTS_CHANGED: 4403,
});

/**
 * Milliseconds before attempt `failures + 1`: doubling, capped, and spread over its upper half so
 * that the browsers of a restarted server do not all come back in the same second.
 */
export function backoff(failures, random = Math.random) {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
  return longest * (0.5 + random() / 2);
}

/**
 * A WebSocket that comes back by itself, at once when the network or the page does.
 *
 * Events: "open"; "message" (`detail` is the parsed JSON); "down" after every failed attempt and
 * every lost connection (`detail.retryAt` is the time of the next attempt in ms since the epoch,
 * `detail.wasOpen` tells a lost connection from an attempt that failed, `detail.code` is the
 * server's close code or null).
 */
export class LiveSocket extends EventTarget {
  #url;
  #socket = null;
  #failures = 0;
  #openedAt = null;
  #heardAt = 0;
  #retryTimer = null;
  #connectTimer = null;

  /** @param {function(): URL} url gives the address of each attempt */
  constructor(url) {
    super();
    this.#url = url;
    addEventListener("online", () => this.#wake());
    addEventListener("offline", () => this.drop());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
    setInterval(() => this.#watch(), WATCH_MS);
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connect now, whatever was planned. Does nothing while connected or connecting. */
  connect() {
    if (this.#socket) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    const socket = new WebSocket(this.#url());
    const isCurrent = () => socket === this.#socket;
    this.#socket = socket;
    this.#connectTimer = setTimeout(() => this.drop(), CONNECT_TIMEOUT_MS);
    socket.addEventListener("open", () => isCurrent() && this.#opened());
    socket.addEventListener("message", ({ data }) => isCurrent() && this.#received(data));
    socket.addEventListener("close", ({ code }) => isCurrent() && this.drop(code));
  }

  /** Send an object as JSON, if connected. */
  send(frame) {
    if (this.isOpen) this.#socket.send(JSON.stringify(frame));
  }

  /** Give the present connection up and try again after the back-off. */
  drop(code = null) {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null; // So that its own close event, which may come much later, is ignored.
    clearTimeout(this.#connectTimer);
    socket.close();
    const wasOpen = this.#openedAt !== null;
    const wasStable = wasOpen && Date.now() - this.#openedAt > STABLE_AFTER_MS;
    this.#openedAt = null;
    const delay = backoff(wasStable ? 0 : this.#failures);
    this.#failures = wasStable ? 1 : this.#failures + 1;
    this.#retryTimer = setTimeout(() => this.connect(), delay);
    this.#emit("down", { retryAt: Date.now() + delay, wasOpen, code });
  }

  /** Drop the connection and stay away; `connect` begins anew. */
  stop() {
    this.drop();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
  }

  #wake() {
    if (this.isOpen && this.#isSilent()) this.drop(); // It may look open and be long dead.
    if (this.#retryTimer !== null) this.connect();
  }

  #watch() {
    if (!this.isOpen || !this.#isSilent()) return;
    this.drop();
    this.connect();
  }

  #isSilent() {
    return Date.now() - this.#heardAt > SILENCE_MS;
  }

  #opened() {
    clearTimeout(this.#connectTimer);
    this.#openedAt = this.#heardAt = Date.now();
    this.#emit("open");
  }

  #received(data) {
    this.#heardAt = Date.now();
    const message = parsed(data);
    if (message !== undefined) this.#emit("message", message);
  }

  #emit(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    console.warn("Ignored a frame that is not JSON:", data);
    return undefined;
  }
}
