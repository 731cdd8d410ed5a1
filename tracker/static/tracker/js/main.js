import { AlertDesk } from "./alert-desk.js";
import { Announcer } from "./announcer.js";
import { AreaShapes } from "./areas.js";
import { ConnectionView } from "./connection.js";
import { Feed } from "./feed.js";
import { FilterForm } from "./filter-form.js";
import { formatFilters, isNarrowed } from "./filters.js";
import { gettext, interpolate, language, ngettext } from "./i18n.js";
import { incidentLabel } from "./icons.js";
import { IncidentList } from "./list.js";
import { createMap, fit } from "./map.js";
import { IncidentMarkers } from "./markers.js";
import { Me } from "./me.js";
import { makeMarkersRoving } from "./roving.js";
import { Scheduler } from "./scheduler.js";
import { Selection } from "./selection.js";
import { SEVERITIES } from "./severity.js";
import { fetchSnapshot } from "./snapshot.js";
import { LiveState } from "./state.js";
import { StateCheck } from "./state-check.js";
import { makeTabs } from "./tabs.js";
import { UnreadBadge } from "./unread.js";

/** The live map: it joins what the modules do, and does nothing by itself. */
class LivePage {
  /** @param {HTMLElement} root #live-map of home.html */
  constructor(root) {
    this.root = root;
    this.wanted = new URLSearchParams(location.search).get("focus");
    this.state = new LiveState();
    this.me = new Me();
    this.filterForm = new FilterForm(root.querySelector("[data-filters]"));
    this.list = new IncidentList(root.querySelector("[data-list]"));
    this.announcer = new Announcer(root.querySelector("[data-announcer]"));
    this.renderer = new Scheduler(() => this.render());
    this.makeMap();
    this.makeFeed();
    this.makeAlerts();
    this.connectParts();
  }

  start() {
    this.loadedClosed = this.scope().withClosed;
    this.feed.start();
  }

  makeMap() {
    this.map = createMap(this.root.querySelector("[data-map]"));
    this.areas = new AreaShapes(this.map);
    this.markers = new IncidentMarkers(this.map);
    this.selection = new Selection(this);
    makeMarkersRoving(this.map);
  }

  makeFeed() {
    const { incidentsUrl, areasUrl } = this.root.dataset;
    this.feed = new Feed(this.state, {
      load: (signal) => fetchSnapshot({ incidentsUrl, areasUrl }, this.scope(), signal),
      url: document.body.dataset.socketUrl,
      isNumbered: true,
    });
    const connection = new ConnectionView(this.root, this.announcer, {
      onRetry: () => this.feed.retry(),
    });
    new StateCheck(this.state, this.feed);
    this.feed.addEventListener("status", ({ detail }) => connection.show(detail));
    this.feed.addEventListener("snapshot", () => this.snapshotLoaded());
    this.feed.addEventListener("change", ({ detail }) => this.changed(detail));
    this.feed.addEventListener("personal", ({ detail }) => this.learnt(detail));
    connection.show(this.feed.status);
  }

  makeAlerts() {
    this.alerts = new AlertDesk(this.root, this);
    this.badge = new UnreadBadge();
    this.alerts.addEventListener("show", ({ detail }) => this.selection.show(detail));
    this.alerts.addEventListener("show-inbox", () => this.showAlerts());
    this.alerts.addEventListener("unread", ({ detail }) => this.badge.show(detail));
    const tabs = this.root.querySelector('[role="tablist"]');
    makeTabs(tabs);
    tabs.addEventListener("tab", ({ detail }) => {
      this.isReadingAlerts = detail === "tab-alerts";
      this.readAlerts();
    });
  }

  connectParts() {
    this.filterForm.addEventListener("change", () => this.filtersChanged());
    this.selection.addEventListener("hidden", () => this.showEverything());
    this.selection.addEventListener("map", () => this.showView("map"));
    this.map.on("moveend", () => this.moved());
    for (const button of this.root.querySelectorAll("[data-show-view]")) {
      button.addEventListener("click", () => this.showView(button.dataset.showView));
    }
    this.linkExports();
  }

  // What to load

  scope() {
    const withClosed = this.filterForm.filters.state !== "open";
    // Once the whole world is too much, only what is in view is loaded.
    return { withClosed, bounds: this.isBounded ? this.map.getBounds().toBBoxString() : null };
  }

  filtersChanged() {
    const { withClosed } = this.scope();
    if (withClosed !== this.loadedClosed) this.load();
    this.linkExports();
    this.renderer.request();
  }

  moved() {
    if (this.isBounded) this.load();
  }

  load() {
    this.loadedClosed = this.scope().withClosed;
    this.feed.refresh();
  }

  // What came

  snapshotLoaded() {
    this.isBounded ||= this.state.isCapped;
    this.filterForm.setAreas(this.state.areas);
    this.render();
    if (!this.hasView) this.showFirstView();
  }

  showFirstView() {
    this.hasView = true;
    fit(this.map, this.markers.bounds().extend(this.areas.bounds()));
    if (this.wanted) this.selection.show(`Incident:${this.wanted}`);
  }

  changed({ change: { kind, feature, previous, alerts } }) {
    if (kind === "alert") this.alertsRaised(alerts);
    else if (kind === "alert-changed") this.alerts.changed(alerts);
    else if (feature.properties.model === "AreaOfInterest")
      this.filterForm.setAreas(this.state.areas);
    else this.announce(kind, feature, previous);
    this.renderer.request();
  }

  alertsRaised(alerts) {
    this.alerts.raised(alerts);
    this.readAlerts();
  }

  learnt(frame) {
    this.me.learn(frame);
    this.renderer.request();
  }

  /** Alerts that come while somebody looks at them are read. */
  readAlerts() {
    if (this.isReadingAlerts && !document.hidden) this.alerts.markRead();
  }

  announce(kind, feature, previous) {
    const label = incidentLabel(feature);
    const isClosing = feature.properties.closed && previous?.properties.closed === false;
    if (kind === "created") this.announcer.say(interpolate(gettext("New: %(label)s."), { label }));
    if (kind === "removed")
      this.announcer.say(interpolate(gettext("Deleted: %(label)s."), { label }));
    if (isClosing) this.announcer.say(interpolate(gettext("Closed: %(label)s."), { label }));
  }

  // What is shown

  render() {
    const { filters } = this.filterForm;
    const ofAnySeverity = this.state.visible({ ...filters, severities: SEVERITIES });
    const shown = ofAnySeverity.filter(({ properties }) =>
      filters.severities.includes(properties.severity_code),
    );
    this.areas.sync(this.state.areas);
    this.markers.sync(shown);
    this.list.render(shown);
    this.filterForm.setCounts(countBySeverity(ofAnySeverity));
    this.renderSummary(shown.length, isNarrowed(filters));
    this.selection.render();
    this.alerts.render();
  }

  renderSummary(count, narrowed) {
    const text = ngettext("%(count)s incident", "%(count)s incidents", count);
    const shown = interpolate(text, { count: count.toLocaleString(language) });
    this.root.querySelector("[data-summary]").textContent = shown;
    this.root.querySelector("[data-capped]").hidden = !this.state.isCapped;
    this.root.querySelector("[data-reset]").hidden = !narrowed;
    this.root.querySelector("[data-empty]").hidden = count > 0 || narrowed;
    this.root.querySelector("[data-no-match]").hidden = count > 0 || !narrowed;
    this.root.querySelector("[data-no-alerts]").hidden = this.state.alerts.size > 0;
  }

  showEverything() {
    this.filterForm.showAll();
    this.render();
  }

  showAlerts() {
    this.showView("list");
    document.getElementById("tab-alerts").click();
  }

  /** Exports hold what the filters let through. */
  linkExports() {
    for (const link of document.querySelectorAll("[data-export]")) {
      link.search = formatFilters(this.filterForm.filters);
    }
  }

  /** On a phone there is room for the list or the map. */
  showView(view) {
    this.root.dataset.view = view;
    for (const button of this.root.querySelectorAll("[data-show-view]")) {
      button.setAttribute("aria-pressed", button.dataset.showView === view);
    }
  }
}

function countBySeverity(features) {
  const counts = new Map();
  for (const {
    properties: { severity_code: code },
  } of features)
    counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

new LivePage(document.getElementById("live-map")).start();
