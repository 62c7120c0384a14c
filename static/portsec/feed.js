// What changed: new entries wait behind one button, so that nothing moves under a finger.
import { timeElement } from "./clock.js";
import { format, ngettext } from "./text.js";
import { say } from "./notices.js";

const MOST = 60;
const ICONS = { "alert.acknowledged": "check", "alert.cancelled": "cross", level: "level", alert: "alert", access: "key", contact_point: "call", declaration: "sign", "declaration.agreed": "check", "declaration.declined": "cross", "declaration.cancelled": "cross", "declaration.expired": "clock", incident: "incident" };
const QUIET = new Set(["contact_point.verified", "contact_point.reordered", "declaration.drafted", "declaration.draft_edited"]); // as in incidents/views/dashboard.py
let waiting = [];

function make(entry) {
  const row = document.getElementById("feed-row").content.firstElementChild.cloneNode(true);
  const slot = (name) => row.querySelector(`[data-slot=${name}]`);
  row.dataset.entry = entry.entry;
  row.classList.add("fresh");
  slot("at").replaceChildren(timeElement(entry.at));
  row.querySelector(":scope > .icon use").setAttribute("href", `#i-${ICONS[entry.verb] ?? ICONS[entry.verb.split(".")[0]] ?? "history"}`);
  slot("exercise").hidden = !entry.row?.is_exercise;
  slot("summary").textContent = entry.summary;
  if (entry.url) slot("summary").href = entry.url;
  const sender = entry.organisation?.name ?? "";
  slot("organisation").textContent = entry.summary.includes(sender) ? "" : sender;
  return row;
}

function showButton() {
  const button = document.querySelector("[data-feed-new]");
  if (!button) return;
  button.hidden = waiting.length === 0;
  button.textContent = format(ngettext("Show %(count)s new", "Show %(count)s new", waiting.length), { count: waiting.length });
}

function open() {
  const list = document.querySelector("[data-feed]");
  for (const row of list.querySelectorAll(".fresh")) row.classList.remove("fresh");
  const rows = waiting.map(make);
  list.prepend(...rows);
  while (list.children.length > MOST) list.lastElementChild.remove();
  document.querySelector("[data-feed-none]").hidden = true;
  say(format(ngettext("%(count)s change shown", "%(count)s changes shown", waiting.length), { count: waiting.length }));
  waiting = [];
  showButton();
  (rows.find((row) => row.querySelector("a[href]")) ?? list)?.querySelector("a[href]")?.focus();
}

export function add(entry) {
  const there = document.querySelector(`[data-feed] [data-entry="${CSS.escape(entry.entry)}"]`);
  if (there || !entry.summary || QUIET.has(entry.verb)) return;
  waiting = [entry, ...waiting].slice(0, MOST);
  showButton();
}

export function start() {
  document.addEventListener("click", (event) => event.target.closest?.("[data-feed-new]") && open());
  document.addEventListener("portsec:refreshed", () => {
    waiting = waiting.filter(({ entry }) => !document.querySelector(`[data-feed] [data-entry="${CSS.escape(entry)}"]`));
    showButton();
  });
}
