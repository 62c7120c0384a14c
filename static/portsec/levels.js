// Pages of a level and of a port: they follow what is set, acknowledged and attained, after a random delay.
import { refreshWithin } from "./fragments.js";

const shown = document.querySelector("[data-level-change]")?.dataset.levelChange;
const VERBS = ["level.changed", "level.acknowledged", "level.attained"];
const parts = ["level-head", "clocks", "told", "port-head", "level-history"];

document.addEventListener("portsec:entry", ({ detail: entry }) => VERBS.includes(entry.verb) && refreshWithin(3, parts));
document.addEventListener("portsec:deliveries", ({ detail }) => shown && detail.includes(shown) && refreshWithin(3, ["told"]));
document.addEventListener("portsec:caught-up", () => shown && refreshWithin(3, ["told"]));
