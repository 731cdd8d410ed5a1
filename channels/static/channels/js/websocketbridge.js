/**
 * The browser's end of Channels: JSON over a WebSocket that reconnects by itself.
 *
 *     <script src="{% static 'channels/js/websocketbridge.js' %}"></script>
 *     const bridge = new channels.WebSocketBridge();
 *     bridge.connect("/notifications/");
 *     bridge.listen((action, stream) => console.log(action, stream));
 *
 * This file is a classic script, and a classic script cannot export. A module imports
 * `websocketbridge.module.js` beside it, which runs this file and exports what it defines.
 */
(() => {
  "use strict";

  const DEFAULTS = {
    constructor: globalThis.WebSocket,
    minReconnectionDelay: 1500, // milliseconds, as all times here
    maxReconnectionDelay: 10000,
    reconnectionDelayGrowFactor: 1.3,
    connectionTimeout: 4000,
    maxRetries: Infinity,
    debug: false,
  };

  /**
   * A WebSocket that opens again whenever it closes. Listeners and `on…` handlers stay on it
   * through all reconnections, and what is sent while it is not open leaves when it is.
   *
   * @param {string} url
   * @param {string|string[]} [protocols]
   * @param {object} [options] any of DEFAULTS, with other values.
   */
  class ReconnectingWebSocket extends EventTarget {
    onopen = null;
    onmessage = null;
    onerror = null;
    onclose = null;

    #url;
    #protocols;
    #options;
    #socket = null;
    #binaryType = "blob";
    #queue = [];
    #retries = 0;
    #timer = null;
    #keepClosed = false;

    constructor(url, protocols = [], options = {}) {
      super();
      this.#url = url;
      this.#protocols = protocols;
      this.#options = { ...DEFAULTS, ...options };
      for (const type of ["open", "message", "error", "close"]) {
        this.addEventListener(type, (event) => this[`on${type}`]?.(event));
      }
      // A network that has come back is worth a try before the delay is over.
      globalThis.addEventListener("online", this.#connectIfWaiting);
      this.#connect();
    }

    get url() {
      return this.#socket.url;
    }

    get protocol() {
      return this.#socket.protocol;
    }

    get extensions() {
      return this.#socket.extensions;
    }

    get bufferedAmount() {
      return this.#socket.bufferedAmount;
    }

    get readyState() {
      return this.#socket.readyState;
    }

    get binaryType() {
      return this.#binaryType;
    }

    set binaryType(type) {
      this.#binaryType = this.#socket.binaryType = type;
    }

    /** Sends data now, or when the socket is open. */
    send(data) {
      if (this.readyState === ReconnectingWebSocket.OPEN) {
        this.#socket.send(data);
      } else {
        this.#queue.push(data);
      }
    }

    /**
     * Closes the connection.
     *
     * @param {number} [code] 1000, or one from 3000 to 4999.
     * @param {string} [reason]
     * @param {object} [options] `keepClosed`: does not connect again; `fastClose` (on by default):
     *     does not wait for the server; `delay`: milliseconds until the next connection.
     */
    close(code = 1000, reason = "", { keepClosed = false, fastClose = true, delay = 0 } = {}) {
      this.#keepClosed = keepClosed;
      if (keepClosed) {
        clearTimeout(this.#timer);
        this.#timer = null;
        globalThis.removeEventListener("online", this.#connectIfWaiting);
      }
      const closing = this.#socket;
      const wasOver = closing.readyState === ReconnectingWebSocket.CLOSED;
      closing.close(code, reason);
      if (fastClose && !wasOver) {
        closing.abandoned = true;
        this.#handleClose(new CloseEvent("close", { code, reason, wasClean: true }), delay);
      }
    }

    #connect = () => {
      this.#timer = null;
      this.#log("connecting to", this.#url);
      const socket = new this.#options.constructor(this.#url, this.#protocols);
      this.#socket = socket;
      socket.binaryType = this.#binaryType;
      const overdue = setTimeout(() => this.#giveUp(socket), this.#options.connectionTimeout);
      const whileInUse = (handle) => (event) => {
        clearTimeout(overdue);
        if (!socket.abandoned) handle(event);
      };
      socket.addEventListener("open", whileInUse(this.#handleOpen));
      socket.addEventListener("close", whileInUse(this.#handleClose));
      socket.addEventListener("message", whileInUse(this.#emitCopy));
      socket.addEventListener("error", whileInUse(this.#emitCopy));
    };

    #connectIfWaiting = () => {
      if (this.#timer === null) return;
      clearTimeout(this.#timer);
      this.#connect();
    };

    #giveUp(socket) {
      socket.close();
      this.#emitError("ETIMEDOUT", "Connection timeout");
    }

    #handleOpen = (event) => {
      this.#log("open");
      this.#retries = 0;
      // Listeners first: what they send (who we are, what we want) has to come before the rest.
      this.#emitCopy(event);
      for (const data of this.#queue.splice(0)) this.send(data);
    };

    #handleClose = (event, delay = 0) => {
      this.#log("closed with", event.code);
      this.#emitCopy(event);
      if (!this.#keepClosed) this.#reconnectLater(delay || this.#nextDelay());
    };

    #reconnectLater(delay) {
      this.#retries += 1;
      if (this.#retries > this.#options.maxRetries) {
        this.#emitError("EHOSTDOWN", "Too many failed connection attempts");
        return;
      }
      this.#log("connecting again in", delay);
      this.#timer = setTimeout(this.#connect, delay);
    }

    /** Random, so that the clients of a restarted server do not all come back at once. */
    #nextDelay() {
      const { minReconnectionDelay, maxReconnectionDelay, reconnectionDelayGrowFactor } =
        this.#options;
      const grown = 2 * minReconnectionDelay * reconnectionDelayGrowFactor ** this.#retries;
      const longest = Math.min(grown, maxReconnectionDelay);
      const shortest = Math.min(minReconnectionDelay, longest);
      return shortest + Math.random() * (longest - shortest);
    }

    #emitCopy = (event) => {
      this.dispatchEvent(new event.constructor(event.type, event));
    };

    #emitError(code, message) {
      this.dispatchEvent(Object.assign(new Event("error"), { code, message }));
    }

    #log(...parts) {
      if (this.#options.debug) console.log("WebSocketBridge:", ...parts);
    }
  }

  ["CONNECTING", "OPEN", "CLOSING", "CLOSED"].forEach((name, value) => {
    ReconnectingWebSocket[name] = ReconnectingWebSocket.prototype[name] = value;
  });

  /**
   * Sends and receives JSON, on streams or without.
   *
   * @param {object} [options] of the socket, for every `connect`.
   */
  class WebSocketBridge {
    constructor(options = {}) {
      /** The ReconnectingWebSocket, once connected. */
      this.socket = null;
      this.streams = {};
      this.default_cb = null;
      this.options = options;
    }

    /**
     * Connects, and stays connected.
     *
     * @param {string} [url] absolute, or a path on this host, which is the default.
     * @param {string|string[]} [protocols]
     * @param {object} [options] of the socket.
     */
    connect(url = "", protocols = [], options = {}) {
      const scheme = location.protocol === "https:" ? "wss:" : "ws:";
      const absolute = url === "" || url.startsWith("/") ? `${scheme}//${location.host}${url}` : url;
      this.socket = new ReconnectingWebSocket(absolute, protocols, { ...this.options, ...options });
    }

    /**
     * Starts to receive: messages on a stream go to its `demultiplex` callback, others to this one.
     *
     * @param {function(*, null)} [cb] called with the message and null.
     */
    listen(cb = null) {
      this.default_cb = cb;
      this.#connected().onmessage = (event) => {
        const message = JSON.parse(event.data);
        if (message?.stream !== undefined) {
          this.streams[message.stream]?.(message.payload, message.stream);
        } else {
          this.default_cb?.(message, null);
        }
      };
    }

    /**
     * Receives the messages of a stream.
     *
     * @param {string} stream
     * @param {function(*, string)} cb called with the payload and the stream.
     */
    demultiplex(stream, cb) {
      this.streams[stream] = cb;
    }

    /** Sends a message, or puts it off until the socket is open. */
    send(message) {
      this.#connected().send(JSON.stringify(message));
    }

    /** Returns an object whose `send` sends payloads on a stream. */
    stream(stream) {
      return { send: (payload) => this.send({ stream, payload }) };
    }

    #connected() {
      if (this.socket === null) throw new Error("WebSocketBridge: call connect() first.");
      return this.socket;
    }
  }

  globalThis.channels = { ...globalThis.channels, WebSocketBridge };
})();
