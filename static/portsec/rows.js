// The unanswered alerts of the dashboard: rows made from the live entry itself, no request per alert.
import { leftOf, now, restart, tick, timeElement } from "./clock.js";
import { say } from "./notices.js";
import { observe } from "./seen.js";
import { format, gettext } from "./text.js";
import { rank } from "./waiting.js";

const NONE = "00000000-0000-0000-0000-000000000000";
const list = () => document.querySelector("[data-alerts]");
const rowOf = (id) => list()?.querySelector(`:scope > [data-alert="${CSS.escape(id)}"]`);
const slot = (row, name) => row.querySelector(`[data-slot=${name}]`);
const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

/** Exercises last; then by severity; then by the least time left. */
function before(one, other) {
  const exercise = (row) => Number(row.classList.contains("is-exercise"));
  const severity = (row) => rank(capital(row.dataset.severity));
  return exercise(one) - exercise(other) || severity(other) - severity(one) || leftOf(one) - leftOf(other);
}

function fill(row, entry) {
  const { row: alert } = entry;
  const severity = (alert.severity ?? "Unknown").toLowerCase();
  row.dataset.severity = severity;
  row.classList.toggle("is-exercise", Boolean(alert.is_exercise));
  slot(row, "band").hidden = !alert.is_exercise;
  const mark = row.querySelector(".severity");
  mark.dataset.severity = severity;
  mark.querySelector("use").setAttribute("href", `#i-sev-${Math.max(rank(alert.severity), 1)}`);
  mark.lastChild.textContent = gettext(capital(severity));
  const label = row.querySelector(".tlp");
  label.dataset.tlp = (alert.tlp ?? "").toLowerCase().replace("+", "-");
  label.textContent = `TLP:${alert.tlp}`;
  slot(row, "ref").textContent = alert.ref_id ?? "";
  slot(row, "headline").textContent = alert.headline ?? entry.summary;
  slot(row, "instruction").textContent = alert.instruction ?? "";
}

function make(entry) {
  const template = document.getElementById("alert-row");
  const row = template.content.firstElementChild.cloneNode(true);
  row.dataset.alert = entry.id;
  slot(row, "sender").textContent = entry.organisation.name;
  slot(row, "at").replaceChildren(timeElement(entry.at));
  slot(row, "headline").href = entry.url;
  setTimer(row, entry.row);
  const form = row.querySelector("form[data-acknowledge]");
  if (form) {
    form.action = template.dataset.acknowledgeUrl.replace(NONE, entry.id);
    form.querySelector("button").setAttribute("aria-label", format(gettext("Acknowledge %(ref)s"), { ref: entry.row.ref_id }));
  }
  fill(row, entry);
  return row;
}

function setTimer(row, alert) {
  const timer = row.querySelector(".timer");
  if (!timer) return;
  if (!alert.acknowledge_by) return timer.remove();
  restart(timer);
  timer.dataset.left = (Date.parse(alert.acknowledge_by) - now()) / 1000;
  timer.dataset.limit = alert.acknowledge_within;
  timer.querySelector("progress").max = alert.acknowledge_within;
}

/** In its place, but never above the row that a person is about to act on. */
function place(row) {
  const rows = [...list().children];
  const held = rows.findLastIndex((other) => other.matches(":hover, :focus-within"));
  const at = Math.max(rows.findIndex((other) => before(row, other) < 0), -1);
  const index = Math.max(at < 0 ? rows.length : at, held + 1);
  list().insertBefore(row, rows[index] ?? null);
}

export function add(entry) {
  if (!list() || rowOf(entry.id)) return;
  const row = make(entry);
  row.classList.add("entering");
  place(row);
  tick(list());
  observe(list());
  showNone();
  const { row: alert } = entry;
  const sentence = alert.is_exercise ? gettext("Exercise. %(severity)s alert from %(name)s: %(headline)s") : gettext("%(severity)s alert from %(name)s: %(headline)s");
  const urgent = !alert.is_exercise && rank(alert.severity) >= 3;
  say(format(sentence, { severity: gettext(alert.severity), name: entry.organisation.name, headline: alert.headline }), { urgent });
}

export function update(entry) {
  const row = rowOf(entry.id);
  if (row && entry.row) {
    fill(row, { ...entry, row: { ...read(row), ...entry.row } });
    if (entry.row.acknowledge_by) setTimer(row, entry.row);
    tick(list());
    say(format(gettext("Updated: %(headline)s"), { headline: entry.row.headline ?? "" }));
  } else if (entry.row?.asks_again) add(entry);
}

/** What the row says now, so that an entry with only some of it changes only that. */
function read(row) {
  const text = (name) => slot(row, name).textContent;
  return {
    severity: capital(row.dataset.severity), tlp: row.querySelector(".tlp").textContent.replace("TLP:", ""), is_exercise: row.classList.contains("is-exercise"),
    ref_id: text("ref"), headline: text("headline"), instruction: text("instruction"),
  };
}

/** The focus goes to the next row, or to the list's title when none is left: never to the top of the page. */
export function remove(id) {
  const row = rowOf(id);
  if (!row) return;
  const focused = row.contains(document.activeElement);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  showNone();
  if (focused) (next?.querySelector("h3 a") ?? document.getElementById("alerts-title")).focus();
}

function showNone() {
  document.querySelector("[data-none]").hidden = list().children.length > 0;
}

/** Once nobody is in the list any more, rows that waited below take their proper place. */
export function settle() {
  const rows = [...(list()?.children ?? [])];
  const sorted = rows.toSorted(before);
  if (sorted.some((row, index) => row !== rows[index])) list().append(...sorted);
}
