/**
 * Runs one task soon after it was asked for, however often. A task that takes long is run less
 * often: it waits as long as its last run took, so that it leaves half of the time to everything
 * else. (Not requestAnimationFrame: a hidden page stays up to date too.)
 */
export class Scheduler {
  #task;
  #timer = null;
  #cost = 0;

  constructor(task) {
    this.#task = task;
  }

  request() {
    this.#timer ??= setTimeout(() => this.#run(), this.#cost);
  }

  #run() {
    this.#timer = null;
    const start = performance.now();
    this.#task();
    this.#cost = performance.now() - start;
  }
}
