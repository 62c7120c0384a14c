// The dashboard moves by what the line says; levels change at once, their reasons follow after a random delay.
import { now } from "./clock.js";
import * as feed from "./feed.js";
import { refreshWithin } from "./fragments.js";
import { showLevel } from "./level_marks.js";
import * as rows from "./rows.js";
import { isMine } from "./waiting.js";

const page = document.body.dataset;

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
    showLevel(document.getElementById("levels"), entry.row ?? {});
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
