import { keepTimesFresh } from "./time.js";

// Every page: times in the viewer's zone.
keepTimesFresh();
