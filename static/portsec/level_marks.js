// A change of level on whatever shows ports: the strip, the board, the wall. At once, from the entry itself, without a request.
import { format, gettext } from "./text.js";

export const NAMES = { 1: gettext("normal"), 2: gettext("heightened"), 3: gettext("exceptional") };

function write(cell, level) {
  const mark = cell.querySelector(".level");
  mark.dataset.level = level;
  mark.textContent = level;
  const words = cell.querySelector("[data-level-words]");
  if (words) {
    const own = cell.querySelector("[aria-current]");
    words.textContent = format(own ? gettext(", level %(level)s, %(name)s, your port") : gettext(", level %(level)s, %(name)s"), { level, name: NAMES[level] });
  }
  const name = cell.querySelector("[data-level-name]");
  if (name) {
    const said = document.createElement("span");
    said.className = "sr-only";
    said.textContent = `${level}, `;
    name.replaceChildren(said, NAMES[level]);
  }
}

/** A port's own level is what holds there. A region's is a floor: who stands below it rises at once, the rest follows with the reasons. */
export function showLevel(root, { scope, unlocode, region, level }) {
  if (!root) return;
  if (scope === "region" && root.dataset.region === region) {
    for (const cell of root.querySelectorAll("[data-port]")) if (Number(cell.querySelector(".level").dataset.level) < level) write(cell, level);
  } else if (scope === "port" && unlocode) {
    const cell = root.querySelector(`[data-port="${CSS.escape(unlocode)}"]`);
    if (cell) write(cell, level);
  }
}
