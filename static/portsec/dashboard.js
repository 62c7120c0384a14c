// The dashboard moves by what the line says; levels change at once, their reasons follow after a random delay.
import { now } from "./clock.js";
import * as feed from "./feed.js";
import { refreshWithin } from "./fragments.js";
import * as rows from "./rows.js";
import { format, gettext } from "./text.js";
import { isMine } from "./waiting.js";

const page = document.body.dataset;
const NAMES = { 1: gettext("normal"), 2: gettext("heightened"), 3: gettext("exceptional") };

function show(cell, level) {
  const mark = cell.querySelector(".level");
  mark.dataset.level = level;
  mark.textContent = level;
  const own = cell.querySelector("[aria-current]");
  const words = own ? gettext(", level %(level)s, %(name)s, your port") : gettext(", level %(level)s, %(name)s");
  cell.querySelector("[data-level-words]").textContent = format(words, { level, name: NAMES[level] });
}

/** A port's own level is what holds there. A region's is a floor: who stands below it rises at once, the rest follows with the reasons. */
function showLevel({ scope, unlocode, region, level }) {
  const strip = document.getElementById("levels");
  if (!strip) return;
  if (scope === "region" && strip.dataset.region === region) {
    for (const cell of strip.querySelectorAll("[data-port]")) if (Number(cell.querySelector(".level").dataset.level) < level) show(cell, level);
  } else if (scope === "port" && unlocode) {
    const cell = strip.querySelector(`[data-port="${CSS.escape(unlocode)}"]`);
    if (cell) show(cell, level);
  }
}

let turn = 0;

/** When an expected end comes near or passes, the strip and what waits say so without any entry. */
function watchEnds() {
  clearTimeout(turn);
  const at = Date.parse(document.getElementById("levels")?.dataset.movesAt ?? "");
  const wait = at - now() + 1000;
  if (wait < 86400000) turn = setTimeout(() => refreshWithin(5, ["levels", "waits"]), Math.max(wait, 1000));
}

const changes = {
  "alert.published": (entry) => isMine(entry) && rows.add(entry),
  "alert.updated": (entry) => isMine(entry) && rows.update(entry),
  "alert.cancelled": (entry) => rows.remove(entry.id),
  "alert.expired": (entry) => rows.remove(entry.id),
  "alert.acknowledged": (entry) => entry.organisation?.id === page.organisation && rows.remove(entry.row?.alert ?? entry.id),
  "level.changed": (entry) => {
    showLevel(entry.row ?? {});
    refreshWithin(12, ["levels", "waits"]);
  },
  "level.acknowledged": () => refreshWithin(5, ["waits"]),
  "level.attained": () => refreshWithin(5, ["waits"]),
};

document.addEventListener("portsec:entry", ({ detail: entry }) => {
  changes[entry.verb]?.(entry);
  if (entry.kind === "declaration_of_security") refreshWithin(5, ["waits"]);
  feed.add(entry);
});
document.addEventListener("portsec:acknowledged", ({ detail }) => rows.remove(detail.alert));
document.addEventListener("focusout", (event) => {
  if (!event.target.closest("[data-alerts]")) return;
  requestAnimationFrame(() => !document.querySelector("[data-alerts]:is(:focus-within, :hover)") && rows.settle());
});
document.addEventListener("portsec:refreshed", watchEnds);
watchEnds();
feed.start();
