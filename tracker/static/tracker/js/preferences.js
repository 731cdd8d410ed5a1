const KEY = "tracker.alarms";

/**
 * By which severities this browser makes itself heard: `{sound: ["UR"], notification: []}`.
 * Kept on the device, because a phone and a wall display of the same user differ.
 */
export function loadAlarms(storage = localStorage) {
  try {
    const { sound, notification } = JSON.parse(storage.getItem(KEY)) ?? {};
    return { sound: codes(sound), notification: codes(notification) };
  } catch {
    return { sound: [], notification: [] };
  }
}

export function saveAlarms(alarms, storage = localStorage) {
  storage.setItem(KEY, JSON.stringify(alarms));
}

function codes(value) {
  return Array.isArray(value) ? value : [];
}
