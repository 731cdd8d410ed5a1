import { DryRun } from "./dry-run.js";
import { makePolygonInputs } from "./polygon-input.js";

// The dry run listens first: an existing area tells its outline as soon as it is shown.
new DryRun(document.querySelector("[data-dry-run]"));
makePolygonInputs();
