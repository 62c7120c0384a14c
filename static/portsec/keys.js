// The keyboard: single letters act outside fields only and can be switched off (WCAG 2.1.4).
const KEY = "portsec.keys";
const ROWS = ".alert-row h3 a, .rows > li .cover, [data-rows] tbody tr :is(th, td) a.row";
const CHORD = 1200;

let chordUntil = 0;
// The account switches them off everywhere, the list of keys in this browser.
const on = () => document.body.dataset.keys !== "off" && localStorage.getItem(KEY) !== "off";

function move(step) {
  const links = [...document.querySelectorAll(`main :is(${ROWS})`)].filter((link) => link.offsetParent !== null);
  if (!links.length) return;
  const row = document.activeElement?.closest("li, tr");
  const at = links.findIndex((link) => link === document.activeElement || (row && row.contains(link)));
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + step));
  links[next].focus();
}

function acknowledge() {
  const row = document.activeElement?.closest("[data-alert]");
  row?.querySelector("form[data-acknowledge] button")?.click();
}

const letters = {
  "/": () => document.querySelector(".topbar .search input")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
  n: () => document.querySelector("[data-key=n]")?.click(),
  g: () => (chordUntil = Date.now() + CHORD),
  j: () => move(1),
  k: () => move(-1),
  a: acknowledge,
  u: () => document.querySelector("[data-clock]")?.click(),
};

function press(event) {
  if (event.key === "Escape") return closeMenus();
  if (!on() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, dialog, [contenteditable]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (Date.now() < chordUntil) {
    chordUntil = 0;
    const target = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (target) {
      event.preventDefault();
      target.click();
    }
    return;
  }
  if (!letters[key]) return;
  event.preventDefault();
  letters[key]();
}

function closeMenus(except = null) {
  for (const menu of document.querySelectorAll("details:is(.menu, .org-switch, .more)[open]")) {
    if (menu === except) continue;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside) menu.querySelector("summary").focus();
  }
}

export function start() {
  document.addEventListener("keydown", press);
  document.addEventListener("click", (event) => closeMenus(event.target.closest?.("details")));
  for (const box of document.querySelectorAll("[data-keys-switch]")) box.checked = on();
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-keys-switch]")) return;
    localStorage.setItem(KEY, event.target.checked ? "on" : "off");
    for (const box of document.querySelectorAll("[data-keys-switch]")) box.checked = event.target.checked;
  });
}
