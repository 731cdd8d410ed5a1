const TONES_HZ = { urgent: [880, 660, 880], calm: [520] };
const TONE_S = 0.16;
const VOLUME = 0.25;

let context = null;

/** Whether the browser lets the page sound; most want a press on it first. */
export function isSoundBlocked() {
  return context?.state !== "running";
}

/** Ask for sound. Has to be called while a press or key is handled. */
export async function unlockSound() {
  context ??= new AudioContext();
  await context.resume();
}

/** Sound an alarm, if the browser allows it. */
export function playAlarm({ isUrgent }) {
  if (isSoundBlocked()) return;
  TONES_HZ[isUrgent ? "urgent" : "calm"].forEach((frequency, index) => {
    const start = context.currentTime + index * TONE_S * 1.25;
    const gain = new GainNode(context, { gain: 0 });
    const tone = new OscillatorNode(context, { frequency, type: "triangle" });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(VOLUME, start + 0.02);
    gain.gain.linearRampToValueAtTime(0, start + TONE_S);
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + TONE_S);
  });
}
