import { Sequence } from "./sequence.js";
import { SignedOut } from "./snapshot.js";
import { CLOSE, LiveSocket } from "./socket.js";

/** How long a frame may be late before it is asked for. */
const GAP_MS = 1_000;

/**
 * Keeps a store equal to the server: a snapshot first, then every notification after it, in order,
 * each once. What was missed is replayed; what cannot be replayed any more makes a new snapshot.
 *
 * The store is told by `store.replace(snapshot)` and `store.apply(frame)`; the latter returns what
 * the frame changed, or null. Events: "change" (`detail` is `{change, frame}`), "snapshot",
 * "personal" (a frame about this user: hello, inbox, silences) and "status" (see `status`).
 */
export class Feed extends EventTarget {
  #store;
  #load;
  #isNumbered;
  #socket;
  #sequence = new Sequence();
  #request = null;
  /** Whether a snapshot that was asked for has not come yet. */
  #mustLoad = false;
  /** Frames applied while a snapshot was on its way; they may be newer than it. */
  #held = null;
  #gapTimer = null;

  /**
   * @param {{replace: function, apply: function}} store
   * @param {{load: function(AbortSignal): Promise, url: string, isNumbered: boolean}} source
   *   `load` fetches a snapshot, `url` is the socket's. The `position` of a numbered snapshot is
   *   `{epoch, seq}` as of before its rows were read; others are loaded after the socket's greeting
   */
  constructor(store, { load, url, isNumbered }) {
    super();
    this.#store = store;
    this.#load = load;
    this.#isNumbered = isNumbered;
    /**
     * phase: "connecting" (nothing loaded yet), "catching-up", "live", "waiting" (until `retryAt`),
     * "offline" or "signed-out". `seq` and `completeAt` (ms since the epoch) tell up to which
     * notification, and when, the page was last known to be complete; null before that.
     */
    this.status = { phase: "connecting", seq: null, completeAt: null, retryAt: null };
    this.#socket = new LiveSocket(() => this.#address(url));
    this.#socket.addEventListener("open", () => this.#opened());
    this.#socket.addEventListener("message", ({ detail }) => this.#received(detail));
    this.#socket.addEventListener("down", ({ detail }) => this.#wentDown(detail));
  }

  /** Connect, and load the first snapshot. */
  start() {
    this.#socket.connect();
    this.#loadAnew();
  }

  /** Try to connect now instead of waiting. */
  retry() {
    this.#socket.connect();
  }

  /** Load a snapshot anew, as when other things are to be shown. */
  refresh() {
    this.#mustLoad = true;
    this.#fetch();
  }

  async #fetch() {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.#held ??= [];
    const askedAt = Date.now();
    try {
      const snapshot = await this.#load(request.signal);
      if (!request.signal.aborted) this.#loaded(snapshot, askedAt);
    } catch (error) {
      if (!request.signal.aborted) this.#loadFailed(error);
    }
  }

  #loadAnew() {
    this.#sequence.reset();
    if (this.#isNumbered) this.refresh();
  }

  #address(url) {
    const address = new URL(url, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const { position } = this.#sequence;
    if (position) address.searchParams.set("since", position);
    return address;
  }

  #loaded(snapshot, askedAt) {
    this.#store.replace(snapshot);
    for (const frame of this.#held) this.#apply(frame);
    this.#endRequest();
    this.#mustLoad = false;
    // Only the first snapshot sets the position: the notifications that a later one is ahead of
    // still have to come, because they may be alerts.
    if (this.#isNumbered && this.#sequence.last === null) this.#start(snapshot.position);
    if (!this.#socket.isOpen) this.#setStatus({ completeAt: askedAt });
    this.#emit("snapshot");
    this.#checkHead();
  }

  #loadFailed(error) {
    this.#endRequest();
    console.warn("The snapshot could not be loaded:", error);
    if (error instanceof SignedOut) this.#signOut();
    else this.#socket.drop(); // One back-off for both.
  }

  #endRequest() {
    this.#held = null;
    this.#request = null;
  }

  #opened() {
    this.#setStatus({ phase: "catching-up", retryAt: null });
    if (this.#mustLoad && !this.#request) this.refresh();
  }

  #wentDown({ retryAt, wasOpen, code }) {
    this.#stopWaitingForGap();
    if (code === CLOSE.SIGNED_OUT) {
      this.#signOut();
      return;
    }
    if (code === CLOSE.BAD_REQUEST || code === CLOSE.RIGHTS_CHANGED) this.#loadAnew();
    this.#setStatus({ phase: navigator.onLine ? "waiting" : "offline", retryAt });
    if (code === CLOSE.RIGHTS_CHANGED) this.#socket.connect();
    // A refused handshake does not say why; the snapshot does, and is better than nothing.
    else if (!wasOpen && navigator.onLine) this.#fetch();
  }

  #signOut() {
    this.#socket.stop();
    this.#setStatus({ phase: "signed-out", retryAt: null });
  }

  #received(frame) {
    switch (frame?.type) {
      case "replay":
        for (const missed of frame.notifications) this.#take(missed);
        break;
      case "heartbeat":
        this.#sequence.noteHead(frame);
        this.#checkHead();
        break;
      case "hello":
        this.#greeted(frame);
        break;
      case "reload":
        this.#loadAnew();
        break;
      case "inbox":
      case "silences":
        this.#emit("personal", frame);
        break;
      case "error":
        console.warn("The server refused a frame:", frame.code, frame.detail);
        break;
      default:
        this.#take(frame);
    }
  }

  #greeted(frame) {
    this.#emit("personal", frame);
    this.#stopWaitingForGap();
    this.#sequence.noteHead(frame);
    if (this.#sequence.last === null && !this.#isNumbered) {
      this.#start(frame);
      this.refresh();
    }
    this.#checkHead({ isLate: true });
  }

  #take(frame) {
    if (!Number.isInteger(frame?.seq)) {
      console.warn("Ignored a frame without a number:", frame);
      return;
    }
    for (const due of this.#sequence.take(frame)) this.#applyLive(due);
    this.#checkHead();
  }

  #start(position) {
    for (const due of this.#sequence.start(position)) this.#applyLive(due);
  }

  #applyLive(frame) {
    this.#held?.push(frame);
    const change = this.#apply(frame);
    if (change) this.#emit("change", { change, frame });
  }

  #apply(frame) {
    try {
      return this.#store.apply(frame);
    } catch (error) {
      console.warn("Ignored a notification:", error, frame);
      return null;
    }
  }

  /** Say that all is here, or see to it. `isLate`: what is missing will not come by itself. */
  #checkHead({ isLate = false } = {}) {
    if (!this.#socket.isOpen || this.#sequence.last === null) return;
    if (this.#sequence.isComplete) {
      this.#stopWaitingForGap();
      if (this.#request && this.status.phase !== "live") return;
      const { last: seq } = this.#sequence;
      this.#setStatus({ phase: "live", seq, completeAt: Date.now(), retryAt: null });
    } else if (isLate) {
      this.#askForReplay();
    } else {
      this.#gapTimer ??= setTimeout(() => this.#askForReplay(), GAP_MS);
    }
  }

  #askForReplay() {
    this.#gapTimer = null;
    this.#setStatus({ phase: "catching-up" });
    this.#socket.send({ type: "replay", since: this.#sequence.position });
  }

  #stopWaitingForGap() {
    clearTimeout(this.#gapTimer);
    this.#gapTimer = null;
  }

  #setStatus(changes) {
    this.status = { ...this.status, ...changes };
    this.#emit("status", this.status);
  }

  #emit(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
