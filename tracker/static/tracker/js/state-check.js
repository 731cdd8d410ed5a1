import { askApi } from "./api.js";
import { gettext, interpolate, language } from "./i18n.js";
import { stateHash } from "./state-hash.js";
import { clockTime } from "./time.js";

const ATTEMPTS = 5;
const PAUSE_MS = 1_000;

/** Compares what the page shows with the database, when somebody wants to be sure. */
export class StateCheck {
  #state;
  #feed;
  #output = document.querySelector("[data-check-result]");

  constructor(state, feed) {
    this.#state = state;
    this.#feed = feed;
    document.querySelector("[data-check]").addEventListener("click", () => this.#run());
  }

  async #run() {
    this.#say(gettext("Comparing with the database…"), "busy");
    try {
      this.#say(...(await this.#compare()));
    } catch (error) {
      console.warn("The comparison failed:", error);
      this.#say(gettext("The comparison failed. Try again in a moment."), "failed");
    }
  }

  async #compare() {
    if (this.#state.isPartial) {
      return [gettext("Not all incidents are loaded, so there is nothing to compare."), "failed"];
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const theirs = await askApi("state/");
      const ours = await stateHash(this.#state.incidents.values());
      // Both have to be of one moment; a change in between needs another look.
      if (theirs.seq !== this.#feed.status.seq) await pause();
      else return ours.hash === theirs.hash ? [identical(ours), "same"] : [differs(), "different"];
    }
    return [gettext("Changes come too quickly to compare. Try again in a moment."), "failed"];
  }

  #say(text, result) {
    this.#output.textContent = text;
    this.#output.dataset.checkResult = result;
  }
}

function identical({ incidents }) {
  return interpolate(gettext("%(time)s: all %(count)s open incidents are those of the database."), {
    time: clockTime(new Date()),
    count: incidents.toLocaleString(language),
  });
}

function differs() {
  return gettext("This page differs from the database. Reload it, and tell who runs the tracker.");
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
