import { areaCard, incidentCard } from "./cards.js";
import { gettext } from "./i18n.js";
import { focusPoint } from "./map.js";
import { MapPopup } from "./popup.js";

const CLOSE_ENOUGH_ZOOM = 6;
const MARKER_HEIGHT = 18;

/**
 * The incident or area that is looked at: its pop-up on the map, marked in list and map alike.
 * Emits "hidden" before an incident is shown that the filters hide, and "map" when it is shown.
 */
export class Selection extends EventTarget {
  #current = null;
  /** Gives card and place of the pop-up as of now, or nothing when what it is about is gone. */
  #content = null;

  constructor({ map, markers, areas, list, state, me, announcer }) {
    super();
    Object.assign(this, { map, markers, list, state, me, announcer });
    this.popup = new MapPopup(map);
    this.popup.on("close", () => this.#setCurrent(null));
    markers.on("select", ({ id }) => this.#openIncident(id, markers.get(id).getElement()));
    areas.on("select", ({ id, latlng }) => this.#openArea(id, latlng));
    list.addEventListener("point", ({ detail }) => markers.highlight(detail ?? this.#current));
    list.addEventListener("select", ({ detail }) => this.show(detail));
  }

  /** Go to an incident from the list, an alert or a link, whatever the filters say. */
  async show(id) {
    const feature = this.state.incidents.get(id);
    if (!feature) {
      this.announcer.say(gettext("This incident is no longer open."));
      return;
    }
    if (!this.markers.get(id)) this.dispatchEvent(new Event("hidden"));
    this.dispatchEvent(new Event("map"));
    focusPoint(this.map, feature.geometry.coordinates, CLOSE_ENOUGH_ZOOM);
    await this.markers.reveal(id);
    this.#openIncident(id, this.list.buttonOf(id));
  }

  /** Follow what happened to the thing that is looked at. */
  render() {
    if (!this.popup.isOpen) return;
    const content = this.#content();
    if (content) this.popup.update(...content);
    else this.popup.close();
  }

  #openIncident(id, opener) {
    const content = () => {
      const feature = this.markers.get(id) && this.state.incidents.get(id);
      if (!feature) return null;
      const isEditable = this.me.may("change_incident");
      return [incidentCard(feature, this.state.areasAround(feature), isEditable), place(feature)];
    };
    if (!content()) return; // It went while the map was moving.
    this.#open(content, { offset: MARKER_HEIGHT, opener });
    this.#setCurrent(id);
  }

  #openArea(id, latlng) {
    const content = () => {
      const feature = this.state.areas.get(id);
      return feature && [areaCard(feature, this.me.may("change_areaofinterest")), latlng];
    };
    this.#open(content, { opener: null });
  }

  #open(content, options) {
    this.popup.open(...content(), options);
    this.#content = content;
  }

  #setCurrent(id) {
    this.#current = id;
    this.list.setCurrent(id);
    this.markers.highlight(id);
  }
}

function place({ geometry }) {
  const [longitude, latitude] = geometry.coordinates;
  return [latitude, longitude];
}
