/**
 * The user of this page: permissions, how far the inbox is read, and of which areas to hear
 * nothing. Pure, no DOM. The server's frames "hello", "inbox" and "silences" keep it right.
 */
export class Me {
  #permissions = new Set();
  #silences = new Map();

  constructor() {
    /** The newest alert that has been read, and how many came after it. */
    this.seen = 0;
    this.unread = 0;
  }

  /** Take in a frame about this user. */
  learn({ type, inbox, silences, user, ...rest }) {
    if (user) this.#permissions = new Set(user.permissions);
    if (silences) this.#silences = new Map(silences.map((silence) => [silence.area, silence]));
    const counts = type === "inbox" ? rest : inbox;
    if (counts) ({ seen: this.seen, unread: this.unread } = counts);
  }

  /** Count alerts that were just raised. */
  count(alerts) {
    this.unread += alerts.filter(({ id, area }) => id > this.seen && !this.isMuted(area.pk)).length;
  }

  may(permission) {
    return this.#permissions.has(permission);
  }

  isMuted(area) {
    return this.#silences.get(area)?.muted ?? false;
  }

  /** Whether an area may make itself heard now: it is not muted and its hours are not quiet. */
  wantsToHear(area, now = new Date()) {
    const silence = this.#silences.get(area);
    return !silence || !(silence.muted || isQuiet(silence, now));
  }
}

/** Quiet hours are "22:00" to "06:00" in a time zone of their own, and may pass midnight. */
function isQuiet({ quiet_from: from, quiet_until: until, timezone }, now) {
  if (!from || !until) return false;
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: timezone };
  const time = new Intl.DateTimeFormat("en", options).format(now);
  return from <= until ? from <= time && time < until : time >= from || time < until;
}
