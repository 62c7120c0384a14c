// The map of a region: Leaflet over our own coastline, no tiles. Marks are links, in the coast's order; the colours live in the style sheet.
import { NAMES } from "./level_marks.js";
import { format, gettext } from "./text.js";

const MARK = 24; // px
const APART = 27; // px between the middles of two marks, so that each can be hit (WCAG 2.5.8)
const MANY = 300; // marks at once: more lie over each other wherever they stand, and placing them would hold the page up for minutes
const SIDES = ["right", "left", "above", "below"];
const NEAR = [[52, 5], [67, 32]]; // what coast-baltic.geojson covers
const coasts = new Map();

const load = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
};

/** The ports again, where anything has changed since the tag: null where nothing has. */
async function reload(url, tag) {
  const answer = await fetch(url, { headers: tag ? { "If-None-Match": tag } : {} });
  if (answer.status === 304) return null;
  if (!answer.ok || answer.redirected) throw new Error(`${url}: ${answer.status}`);
  return { tag: answer.headers.get("ETag"), ...(await answer.json()) };
}

/** The land is the same on every map of the page: fetched once. */
function coast(url) {
  if (!coasts.has(url)) coasts.set(url, load(url));
  return coasts.get(url);
}

function shores(land) {
  const [[south, west], [north, east]] = NEAR;
  const onEdge = ([lon, lat], [lon2, lat2]) => (lon === lon2 && (lon === west || lon === east)) || (lat === lat2 && (lat === south || lat === north));
  const lines = [];
  for (const ring of land.features[0].geometry.coordinates.flat()) {
    let line = [];
    ring.forEach((point, index) => {
      if (index && onEdge(ring[index - 1], point)) {
        lines.push(line);
        line = [];
      }
      line.push([point[1], point[0]]);
    });
    lines.push(line);
  }
  return lines.filter((line) => line.length > 1);
}

export async function draw(element) {
  const L = globalThis.L;
  const map = L.map(element, { scrollWheelZoom: false, dragging: !matchMedia("(pointer: coarse)").matches, zoomSnap: 0.25, minZoom: 2, maxZoom: 12, worldCopyJump: true, zoomAnimation: false, fadeAnimation: false });
  map.attributionControl.setPrefix("Leaflet");
  map.attributionControl.addAttribution("Natural Earth");
  map.zoomControl.getContainer().querySelector("a").setAttribute("aria-label", gettext("Zoom in"));
  map.setView([58, 19], 5);
  // One finger scrolls the page; the mouse's wheel zooms only after a click into the map.
  map.on("click", () => map.scrollWheelZoom.enable());
  map.on("mouseout", () => map.scrollWheelZoom.disable());
  const [world, near] = await Promise.all([coast(element.dataset.world), coast(element.dataset.coast)]);
  const still = { interactive: false, renderer: L.svg({ padding: 0.5 }) };
  L.geoJSON(world, { ...still, className: "coast" }).addTo(map);
  // Where the finer coast is known, it replaces the coarse one; its cut edge is not a shore and is not drawn.
  L.rectangle(NEAR, { ...still, className: "sea" }).addTo(map);
  L.geoJSON(near, { ...still, className: "land" }).addTo(map);
  L.polyline(shores(near), { ...still, className: "shore" }).addTo(map);
  return map;
}

function markOf(port, columns) {
  const L = globalThis.L;
  const holder = document.createElement("div");
  const link = document.createElement("a");
  link.href = port.url;
  const level = document.createElement("span");
  level.className = "level";
  level.ariaHidden = "true";
  link.append(port.is_own ? ring(level) : level);
  const name = document.createElement("b");
  name.textContent = port.name;
  name.dataset.side = "right";
  name.ariaHidden = "true";
  holder.append(link, name);
  const icon = L.divIcon({ html: holder, className: `port-mark${port.is_own ? " is-own" : ""}`, iconSize: [MARK, MARK] });
  const marker = L.marker([port.lat, port.lon], { icon, keyboard: false, interactive: false, zIndexOffset: port.level * 100 });
  marker.port = port;
  marker.show = () => describe(marker, link, level, columns);
  marker.show();
  return marker;
}

function ring(level) {
  const around = document.createElement("span");
  around.className = "own";
  around.append(level);
  return around;
}

function describe({ port }, link, level, columns) {
  level.dataset.level = port.level;
  level.textContent = port.level;
  for (const old of link.querySelectorAll(".map-count")) old.remove();
  const told = columns.filter(({ name }) => port[name]);
  for (const { name, waits } of told) link.append(badge(port[name], waits));
  const numbers = told.map(({ name, title }) => format(gettext(", %(title)s: %(count)s"), { title, count: port[name] }));
  const text = format(gettext("%(name)s, level %(level)s, %(word)s"), { name: port.name, level: port.level, word: NAMES[port.level] }) + numbers.join("");
  link.setAttribute("aria-label", text);
  link.title = text;
}

function badge(count, isLate) {
  const element = document.createElement("span");
  element.className = isLate ? "map-count late" : "map-count";
  element.textContent = count;
  element.ariaHidden = "true";
  return element;
}

/** Ports that lie close together keep a whole target each: their marks are moved apart, until one zooms in. */
function spread(map, markers) {
  const places = markers.map((marker) => map.latLngToLayerPoint(marker.getLatLng()));
  const shown = places.map(({ x, y }) => ({ x, y }));
  for (let round = 0, moved = true; moved && round < 20; round += 1) {
    moved = false;
    for (const [index, one] of shown.entries()) {
      for (const other of shown.slice(index + 1)) {
        const apart = Math.hypot(other.x - one.x, other.y - one.y);
        if (apart >= APART) continue;
        const [x, y] = apart ? [(other.x - one.x) / apart, (other.y - one.y) / apart] : [1, 0];
        const push = (APART - apart) / 2 + 0.1;
        Object.assign(one, { x: one.x - x * push, y: one.y - y * push });
        Object.assign(other, { x: other.x + x * push, y: other.y + y * push });
        moved = true;
      }
    }
  }
  for (const [index, marker] of markers.entries()) {
    const { style } = marker.getElement();
    style.marginLeft = `${shown[index].x - places[index].x - MARK / 2}px`;
    style.marginTop = `${shown[index].y - places[index].y - MARK / 2}px`;
  }
}

/** Puts each name on the first side where it covers neither another name nor a mark; without room it waits for hover or focus. */
function label(map, markers) {
  const frame = map.getContainer().getBoundingClientRect();
  const links = markers.map((marker) => marker.getElement().querySelector("a"));
  const taken = links.map((link) => link.getBoundingClientRect());
  for (const link of links) for (const number of link.querySelectorAll(".map-count")) taken.push(number.getBoundingClientRect());
  const hits = (one, other) => one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;
  const order = [...markers].sort((one, other) => Number(other.port.is_own) - Number(one.port.is_own) || other.port.level - one.port.level);
  for (const marker of order) {
    const name = marker.getElement().querySelector("b");
    const own = taken[markers.indexOf(marker)];
    const fits = SIDES.find((side) => {
      name.dataset.side = side;
      const box = name.getBoundingClientRect();
      const inside = box.left > frame.left && box.right < frame.right && box.top > frame.top && box.bottom < frame.bottom;
      return inside && !taken.some((other) => other !== own && hits(box, other));
    });
    name.dataset.side = fits ?? "none";
    if (fits) taken.push(name.getBoundingClientRect());
  }
}

/** A name then shows on hover and focus; zooming in brings the others back. */
function hideNames(markers) {
  for (const marker of markers) marker.getElement().querySelector("b").dataset.side = "none";
}

export function areaOf({ polygon, circle, severity = "", headline = "", is_exercise: isExercise = false }) {
  const L = globalThis.L;
  const style = { className: `alert-area ${isExercise ? "exercise" : severity.toLowerCase()}`, interactive: false };
  if (polygon) return L.polygon(polygon, style);
  return circle ? L.circle([circle.lat, circle.lon], { ...style, radius: circle.km * 1000 }) : null;
}

async function region(element) {
  const [map, first] = await Promise.all([draw(element), reload(element.dataset.url)]);
  const { columns = [], ports = [] } = first;
  const markers = ports.filter(({ lat, lon }) => lat !== null && lon !== null).map((port) => markOf(port, columns));
  const areas = globalThis.L.layerGroup().addTo(map);
  const show = (shapes = []) => {
    areas.clearLayers();
    for (const shape of shapes.map(areaOf)) shape?.addTo(areas);
  };
  show(first.areas);
  for (const marker of markers) marker.addTo(map);
  if (markers.length > 1) map.fitBounds(globalThis.L.latLngBounds(markers.map((marker) => marker.getLatLng())), { padding: [36, 30] });
  else if (markers.length) map.setView(markers[0].getLatLng(), 8);
  const isFull = markers.length > MANY;
  const relabel = () => {
    const near = isFull ? markers.filter((marker) => map.getBounds().contains(marker.getLatLng())) : markers;
    if (near.length > MANY) return hideNames(markers);
    spread(map, near);
    label(map, near);
  };
  map.on(isFull ? "zoomend resize moveend" : "zoomend resize", relabel);
  relabel();
  follow(element.dataset.url, first.tag, markers, show, relabel);
  element.removeAttribute("aria-busy");
}

/** A level that changes shows on the map at once; the rest is asked again after a random delay, once for many entries. */
function follow(url, firstTag, markers, show, relabel) {
  let tag = firstTag;
  let planned = 0;
  const again = async () => {
    planned = 0;
    const fresh = await reload(url, tag).catch(() => null); // offline: the next entry, or the next minute, asks again
    if (!fresh) return;
    tag = fresh.tag;
    for (const marker of markers) {
      marker.port = fresh.ports.find(({ unlocode }) => unlocode === marker.port.unlocode) ?? marker.port;
      marker.show();
    }
    show(fresh.areas);
    relabel();
  };
  const soon = (seconds) => (planned ||= setTimeout(again, (0.3 + Math.random() * seconds) * 1000));
  document.addEventListener("portsec:entry", ({ detail: { verb, row } }) => {
    if (!/^(alert|level)\./.test(verb)) return;
    const marker = verb === "level.changed" && markers.find(({ port }) => port.unlocode === row?.unlocode);
    if (marker) {
      marker.port.level = row.level;
      marker.show();
      relabel();
    }
    soon(4);
  });
  document.addEventListener("portsec:refreshed", ({ detail }) => detail.all && soon(1));
  setInterval(() => document.visibilityState === "visible" && soon(10), 60_000); // an answer turns late by the clock alone
}

/** Only the areas that the page itself names. */
async function places(element) {
  const map = await draw(element);
  const shapes = JSON.parse(element.dataset.areas).map(areaOf).filter(Boolean);
  for (const shape of shapes) shape.addTo(map);
  if (shapes.length) map.fitBounds(globalThis.L.featureGroup(shapes).getBounds(), { maxZoom: 9, padding: [24, 24] });
  element.removeAttribute("aria-busy");
}

for (const element of document.querySelectorAll("[data-map]")) {
  (element.dataset.url ? region(element) : places(element)).catch(() => {
    element.hidden = true;
    element.nextElementSibling.hidden = false;
  });
}
