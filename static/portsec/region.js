// The regional board follows the line: a level at once, numbers and reasons after a random delay. The map does the same (map.js).
import { refreshWithin } from "./fragments.js";
import { showLevel } from "./level_marks.js";

const PARTS = ["board", "tally"];
const TOLD = ["alert", "level"]; // verbs of these change a number of the board
const MINUTE = 60_000; // an answer turns late by the clock alone

document.addEventListener("portsec:entry", ({ detail: { verb, row } }) => {
  if (verb === "level.changed") showLevel(document.getElementById("board"), row ?? {});
  if (TOLD.includes(verb.split(".")[0])) refreshWithin(4, PARTS);
});
setInterval(() => document.visibilityState === "visible" && refreshWithin(10, PARTS), MINUTE);
