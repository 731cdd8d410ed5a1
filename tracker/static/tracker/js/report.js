import { isLocatingAllowed } from "./geolocation.js";
import { hintAtNearby } from "./nearby.js";
import { pointInputs } from "./point-input.js";
import { ReportSender } from "./report-sender.js";

const [place] = pointInputs;
hintAtNearby(place.container, document.querySelector("[data-nearby-url]"));
new ReportSender(document.querySelector("[data-report]"));

// Who allowed it before is located at once; anybody else is asked when they press the button.
if (place.latitude.value === "" && (await isLocatingAllowed())) place.locate();
