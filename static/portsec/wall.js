// The wall screen: it follows the line like the dashboard, shows what does not fit in turns, and needs no hand for a night.
// It starts no module that acts or reports: nobody acknowledges here, and a row on a wall has not been seen by anybody.
import * as clock from "./clock.js";
import * as fragments from "./fragments.js";
import { showLevel } from "./level_marks.js";
import * as line from "./line.js";
import * as live from "./live.js";
import { format, gettext } from "./text.js";
import * as waiting from "./waiting.js";

const PARTS = ["levels", "wall-alerts", "wall-feed", "wall-tally"];
const TURN = 12_000; // ms that a page of a panel stands
const MINUTE = 60_000;
const FRESH = 4 * 3600_000; // then the page is loaded anew, while the line is live: with a later release, and with an empty memory
const SOON = 1500;

const wall = document.querySelector("[data-wall]");
const hold = document.querySelector("[data-wall-hold]");
const openedAt = Date.now();
let planned = 0;
let turn = 0;

/** Once for many entries: what may stand on a wall is decided by the server alone. */
function soon(longest = SOON) {
  planned ||= setTimeout(() => {
    planned = 0;
    fragments.refreshWithin(0.05, PARTS);
  }, 200 + Math.random() * longest);
}

// What does not fit is shown in turns: the rows of a list, and on a small screen the panels themselves.

function fitting(list) {
  for (const row of list.children) row.hidden = false;
  const room = list.closest("[data-wall-panel]").getBoundingClientRect().bottom;
  const rows = [...list.children];
  const count = rows.filter((row) => row.getBoundingClientRect().bottom <= room + 1).length;
  return Math.max(1, count);
}

function showRows(list) {
  const rows = [...list.children];
  const many = fitting(list);
  const pages = Math.ceil(rows.length / many);
  const page = turn % pages;
  for (const [index, row] of rows.entries()) row.hidden = Math.floor(index / many) !== page;
  const place = list.closest("[data-wall-panel]").querySelector("[data-wall-place]");
  if (place) place.textContent = pages > 1 ? format(gettext("%(page)s of %(pages)s"), { page: page + 1, pages }) : "";
  return pages;
}

function showPanels() {
  const panels = [...document.querySelectorAll("[data-wall-panel]")];
  const single = matchMedia("(width < 64rem), (height < 34rem)").matches;
  wall.classList.toggle("single", single);
  for (const [index, panel] of panels.entries()) panel.classList.toggle("away", single && index !== turn % panels.length);
  if (single) dispatchEvent(new Event("resize")); // a map that was away learns its size
  return single ? panels.length : 1;
}

function show() {
  const turns = [showPanels(), ...[...document.querySelectorAll("[data-wall-list]")].map(showRows)];
  hold.hidden = Math.max(...turns) < 2;
}

function next() {
  if (hold.getAttribute("aria-pressed") === "true") return;
  turn += 1;
  show();
}

/** The screen stays on where the browser can see to it; a tab that was away has to ask again. */
async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  await navigator.wakeLock?.request("screen").catch(() => {}); // refused on an empty battery: the screen's own setting decides
}

/** An expected end turns to "ends in" and "overdue" by the clock alone, and so does an answer: asked again each minute. */
function eachMinute() {
  if (live.state === "live" && Date.now() - openedAt > FRESH) location.reload();
  else soon(5000);
}

document.addEventListener("portsec:entry", ({ detail: { verb, row } }) => {
  if (verb === "level.changed") showLevel(document.getElementById("levels"), row ?? {});
  if (/^(alert|level)\./.test(verb)) soon();
});
document.addEventListener("portsec:refreshed", () => {
  clock.tick();
  show();
});
document.addEventListener("visibilitychange", stayAwake);
hold.addEventListener("click", () => hold.setAttribute("aria-pressed", String(hold.getAttribute("aria-pressed") !== "true")));
addEventListener("resize", (event) => event.isTrusted && show());

for (const part of [clock, fragments, line, waiting]) part.start();
wall.classList.add("moves"); // without script the page scrolls
show();
setInterval(next, TURN);
setInterval(eachMinute, MINUTE);
stayAwake();
document.addEventListener("DOMContentLoaded", live.start);
