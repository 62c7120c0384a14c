// The dashboard moves by what the line says; levels change at once, their reasons follow after a random delay.
import * as feed from "./feed.js";
import { refreshWithin } from "./fragments.js";
import * as rows from "./rows.js";
import { format, gettext } from "./text.js";
import { isMine } from "./waiting.js";

const page = document.body.dataset;
const NAMES = { 1: gettext("normal"), 2: gettext("heightened"), 3: gettext("exceptional") };

function showLevel({ unlocode, level }) {
  const cell = document.querySelector(`[data-port="${CSS.escape(unlocode ?? "")}"]`);
  if (!cell) return;
  const mark = cell.querySelector(".level");
  mark.dataset.level = level;
  mark.textContent = level;
  const own = cell.querySelector("[aria-current]");
  const words = own ? gettext(", level %(level)s, %(name)s, your port") : gettext(", level %(level)s, %(name)s");
  cell.querySelector("[data-level-words]").textContent = format(words, { level, name: NAMES[level] });
}

const changes = {
  "alert.published": (entry) => isMine(entry) && rows.add(entry),
  "alert.updated": (entry) => isMine(entry) && rows.update(entry),
  "alert.cancelled": (entry) => rows.remove(entry.id),
  "alert.expired": (entry) => rows.remove(entry.id),
  "alert.acknowledged": (entry) => entry.organisation?.id === page.organisation && rows.remove(entry.row?.alert ?? entry.id),
  "level.changed": (entry) => {
    showLevel(entry.row ?? {});
    refreshWithin(12, ["levels"]);
  },
};

document.addEventListener("portsec:entry", ({ detail: entry }) => {
  changes[entry.verb]?.(entry);
  feed.add(entry);
});
document.addEventListener("portsec:acknowledged", ({ detail }) => rows.remove(detail.alert));
document.addEventListener("focusout", (event) => {
  if (!event.target.closest("[data-alerts]")) return;
  requestAnimationFrame(() => !document.querySelector("[data-alerts]:is(:focus-within, :hover)") && rows.settle());
});
feed.start();
