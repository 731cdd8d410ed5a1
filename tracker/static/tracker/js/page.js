import { keepTimesFresh } from "./time.js";

// Every page: times in the viewer's zone, and where one is, on phones, where the bar scrolls.
keepTimesFresh();
document
  .querySelector(".bar-nav [aria-current]")
  ?.scrollIntoView({ block: "nearest", inline: "center" });
