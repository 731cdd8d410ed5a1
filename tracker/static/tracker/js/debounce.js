/** Run `act` with the latest argument once it has been quiet for a while. */
export function debounced(act, quietMs) {
  let timer = null;
  return (argument) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(argument), quietMs);
  };
}
