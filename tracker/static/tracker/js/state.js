import { incidentFilter, incidentOrder } from "./filters.js";
import { covers } from "./geometry.js";

/**
 * What the page knows: incidents and areas as GeoJSON features by id ("Incident:7"), alerts by
 * number. Pure, no DOM. Snapshots replace it, notifications change it; they may be older than the
 * snapshot.
 */
export class LiveState {
  #deleted = new Set();

  constructor() {
    this.incidents = new Map();
    this.areas = new Map();
    this.alerts = new Map();
    /** Whether the server left incidents out of the snapshot because there are too many. */
    this.isCapped = false;
    /** Whether only incidents of the view were asked for, or got. */
    this.isPartial = false;
  }

  /** Take over a snapshot: two GeoJSON FeatureCollections and a list of alerts. */
  replace({ incidents, areas, alerts, isPartial }) {
    this.incidents = byId(incidents.features, this.incidents);
    this.areas = byId(areas.features, this.areas);
    this.alerts = new Map(alerts.map((alert) => [alert.id, alert]));
    this.isCapped = incidents.capped === true;
    this.isPartial = isPartial || this.isCapped;
  }

  /**
   * Apply one notification.
   *
   * @returns {?{kind: string, feature: ?object, previous: ?object, alerts: ?object[]}} what it
   *   changed: "created", "changed" or "removed" a feature; "alert" and "alert-changed" bring
   *   `alerts`. Null if it was out of date or hidden from this user.
   * @throws {RangeError} if the type of the event or the model of its feature is unknown
   */
  apply(event) {
    switch (event.type) {
      case "post_save":
        return this.#save(event.feature, event.created);
      case "post_delete":
        return this.#remove(event.feature);
      case "alert":
        this.#save(event.feature, false);
        return { kind: "alert", alerts: this.#saveAlerts(event.alerts), feature: event.feature };
      case "alert_save":
        return { kind: "alert-changed", alerts: this.#saveAlerts([event.alert]) };
      case "hidden":
        return null;
      default:
        throw new RangeError(`Unknown event type ${JSON.stringify(event.type)}.`);
    }
  }

  /** Incidents that pass the filters, in their order. */
  visible(filters, now = Date.now()) {
    const passes = incidentFilter(filters, this.areas, now);
    return [...this.incidents.values()].filter(passes).sort(incidentOrder(filters));
  }

  /** The areas that cover an incident. */
  areasAround(incident) {
    return [...this.areas.values()].filter((area) =>
      covers(area.geometry.coordinates, incident.geometry.coordinates),
    );
  }

  /** Alerts, the newest first. */
  latestAlerts() {
    return [...this.alerts.values()].sort((a, b) => b.id - a.id);
  }

  #saveAlerts(alerts) {
    for (const alert of alerts) this.alerts.set(alert.id, alert);
    return alerts;
  }

  #save(feature, created) {
    const features = this.#featuresOf(feature);
    const previous = features.get(feature.id) ?? null;
    // Keys are not used again, so a save that arrives after its delete is an echo.
    if (this.#deleted.has(feature.id) || isOlder(feature, previous)) return null;
    features.set(feature.id, feature);
    return { kind: created ? "created" : "changed", feature, previous };
  }

  #remove(feature) {
    const features = this.#featuresOf(feature);
    const previous = features.get(feature.id) ?? null;
    features.delete(feature.id);
    this.#deleted.add(feature.id);
    return { kind: "removed", feature, previous };
  }

  #featuresOf(feature) {
    const features = { Incident: this.incidents, AreaOfInterest: this.areas }[
      feature.properties.model
    ];
    if (!features)
      throw new RangeError(`Unknown model ${JSON.stringify(feature.properties.model)}.`);
    return features;
  }
}

/** Features by id. Those that did not change stay the same objects, so that views can skip them. */
function byId(features, known) {
  const isKnown = (feature) => JSON.stringify(known.get(feature.id)) === JSON.stringify(feature);
  return new Map(
    features.map((feature) => [feature.id, isKnown(feature) ? known.get(feature.id) : feature]),
  );
}

function isOlder(feature, other) {
  return (
    other !== null && Date.parse(feature.properties.updated) < Date.parse(other.properties.updated)
  );
}
