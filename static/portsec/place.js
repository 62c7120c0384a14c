// A place for an alert's area: a click on the map fills the fields, the fields move the circle.
import { areaOf, draw } from "./map.js";

const holder = document.querySelector("[data-place]");
const element = holder?.querySelector("[data-place-map]");
const field = (name) => holder.querySelector(`[name=${name}]`);
const number = (name) => Number.parseFloat(field(name).value.replace(",", "."));
let map = null;
let circle = null;

function show() {
  circle?.remove();
  circle = null;
  const [lat, lon, km] = [number("area_lat"), number("area_lon"), number("area_radius_km")];
  if (Number.isNaN(lat) || Number.isNaN(lon)) return;
  circle = areaOf({ circle: { lat, lon, km: km || 1 } }).addTo(map);
}

async function open() {
  if (map) return map.invalidateSize();
  map = await draw(element);
  map.on("click", ({ latlng }) => {
    field("area_lat").value = latlng.lat.toFixed(4);
    field("area_lon").value = latlng.wrap().lng.toFixed(4);
    if (!field("area_radius_km").value) field("area_radius_km").value = "2";
    show();
  });
  for (const name of ["area_lat", "area_lon", "area_radius_km"]) field(name).addEventListener("input", show);
  show();
  if (circle) map.fitBounds(circle.getBounds(), { maxZoom: 9 });
}

if (element) {
  const details = element.closest("details");
  details.addEventListener("toggle", () => details.open && open());
  if (details.open) open();
}
