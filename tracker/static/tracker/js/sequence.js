/**
 * Puts numbered frames in order, each once. Pure: it knows nothing of sockets or of what is in the
 * frames besides `epoch` (which log they are from) and `seq` (grows by one with each).
 */
export class Sequence {
  #epoch = null;
  #last = null;
  #head = null;
  /** Frames that came before their turn, by `seq`; before the start, all of them. */
  #waiting = new Map();

  /** The number applied last, or null before the start. */
  get last() {
    return this.#last;
  }

  /** "epoch:seq" to go on from, or null before the start. */
  get position() {
    return this.#last === null ? null : `${this.#epoch}:${this.#last}`;
  }

  /** Whether everything up to the head of the log, as far as it is known, has been applied. */
  get isComplete() {
    return this.#last !== null && this.#head === this.#last;
  }

  /** Forget the position: a snapshot has to be loaded, and `start` called with its position. */
  reset() {
    this.#epoch = this.#last = this.#head = null;
    this.#waiting.clear();
  }

  /** Go on from a position. Returns the waiting frames whose turn it is. */
  start({ epoch, seq }) {
    this.#forgetOthers(epoch);
    this.#last = seq;
    this.#head = Math.max(seq, this.#head ?? 0, ...this.#waiting.keys());
    return this.#due();
  }

  /**
   * Take in a numbered frame. Returns the frames whose turn it is now: none, this one, or with it
   * some that have waited.
   */
  take(frame) {
    if (this.#isForeign(frame)) return [];
    if (this.#last !== null && frame.seq <= this.#last) return [];
    this.#waiting.set(frame.seq, frame);
    this.noteHead(frame);
    return this.#last === null ? [] : this.#due();
  }

  /** Learn how far the log is. */
  noteHead({ epoch, seq }) {
    if (this.#isForeign({ epoch })) this.#head = Infinity; // Nothing of ours can reach it.
    else this.#head = Math.max(seq, this.#head ?? 0);
  }

  /** Frames of another log than ours make a gap that only a new start closes. */
  #isForeign({ epoch }) {
    if (this.#last === null) this.#forgetOthers(epoch);
    if (this.#epoch !== epoch) this.#head = Infinity;
    return this.#epoch !== epoch;
  }

  #forgetOthers(epoch) {
    if (this.#epoch === epoch) return;
    this.reset();
    this.#epoch = epoch;
  }

  #due() {
    const due = [];
    for (const seq of this.#waiting.keys()) if (seq <= this.#last) this.#waiting.delete(seq);
    while (this.#waiting.has(this.#last + 1)) {
      this.#last += 1;
      due.push(this.#waiting.get(this.#last));
      this.#waiting.delete(this.#last);
    }
    return due;
  }
}
