// How many alerts wait for my organisation: the count in the navigation, in the tab's title, and for the alarm.
// It follows the live entries; where an entry concerns an alert that this page never knew, the page is asked again.
import { refreshWithin } from "./fragments.js";
import { format, ngettext, gettext } from "./text.js";

const page = document.body.dataset;
const title = document.title;
const known = new Map(); // alert id → {severity, isExercise}
const settled = new Set();
let alerts = Number(page.waitingAlerts ?? 0);
let exercises = Number(page.waitingExercises ?? 0);

const RANK = { Extreme: 4, Severe: 3, Moderate: 2, Minor: 1 };
export const rank = (severity) => RANK[severity] ?? 0;
export const isMine = (entry) => Boolean(page.organisation) && entry.organisation?.id !== page.organisation;

function worst() {
  const real = [...known.values()].filter(({ isExercise }) => !isExercise);
  return real.reduce((most, { severity }) => (rank(severity) > rank(most) ? severity : most), "Minor");
}

/** The count stands first in the tab, but behind "Error:", which a refused form says first. */
function titleWith(count) {
  const error = gettext("Error:");
  return title.startsWith(error) ? title.replace(error, `${error} (${count})`) : `(${count}) ${title}`;
}

function show(detail = {}) {
  document.title = alerts ? titleWith(alerts) : title;
  for (const count of document.querySelectorAll("[data-waiting-count]")) {
    count.hidden = alerts === 0;
    count.querySelector("[data-number]").textContent = alerts;
  }
  for (const count of document.querySelectorAll("[data-alert-count]")) {
    count.hidden = alerts === 0;
    count.textContent = alerts;
  }
  for (const badge of document.querySelectorAll("[data-exercise-count]")) {
    badge.hidden = exercises === 0;
    badge.textContent = format(ngettext("%(exercises)s exercise", "%(exercises)s exercises", exercises), { exercises });
  }
  const sentence = document.querySelector("[data-waiting-sentence]");
  if (sentence) sentence.textContent = words();
  document.dispatchEvent(new CustomEvent("portsec:waiting", { detail: { alerts, exercises, worst: worst(), ...detail } }));
}

function words() {
  const values = { alerts, exercises, name: page.organisationName };
  const first = alerts ? format(ngettext("%(alerts)s alert waits for %(name)s.", "%(alerts)s alerts wait for %(name)s.", alerts), values) : format(gettext("No alert waits for %(name)s."), values);
  if (!exercises) return first;
  return `${first} ${format(ngettext("%(exercises)s exercise waits.", "%(exercises)s exercises wait.", exercises), values)}`;
}

function add(id, { severity, is_exercise: isExercise }) {
  if (known.has(id) || settled.has(id)) return;
  known.set(id, { severity, isExercise });
  if (isExercise) exercises += 1;
  else alerts += 1;
  show({ came: { severity, isExercise } });
}

/** An alert no longer waits: answered, withdrawn or past. */
function settle(id) {
  if (settled.has(id)) return;
  settled.add(id);
  const alert = known.get(id);
  if (alert) {
    known.delete(id);
    if (alert.isExercise) exercises = Math.max(0, exercises - 1);
    else alerts = Math.max(0, alerts - 1);
    show();
  } else if (page.waitingIds === undefined && alerts + exercises > known.size) refreshWithin(15, []);
}

const changes = {
  "alert.published": (entry) => isMine(entry) && add(entry.id, entry.row ?? {}),
  "alert.updated"(entry) {
    if (!isMine(entry) || !entry.row?.asks_again) return;
    settled.delete(entry.id);
    add(entry.id, entry.row);
  },
  "alert.cancelled": (entry) => isMine(entry) && settle(entry.id),
  "alert.expired": (entry) => isMine(entry) && settle(entry.id),
  "alert.acknowledged": (entry) => entry.organisation?.id === page.organisation && settle(entry.row?.alert ?? entry.id),
};

function learn() {
  for (const id of (page.waitingIds ?? "").split(" ").filter(Boolean)) if (!known.has(id)) known.set(id, { severity: "Severe", isExercise: false });
  for (const row of document.querySelectorAll("[data-alerts] > [data-alert]")) {
    const severity = row.dataset.severity;
    known.set(row.dataset.alert, { severity: severity[0].toUpperCase() + severity.slice(1), isExercise: row.classList.contains("is-exercise") });
  }
}

export function start() {
  learn();
  show();
  document.addEventListener("portsec:entry", ({ detail }) => changes[detail.verb]?.(detail));
  document.addEventListener("portsec:acknowledged", ({ detail }) => settle(detail.alert));
  document.addEventListener("portsec:refreshed", ({ detail }) => {
    alerts = Number(detail.page.waitingAlerts ?? alerts);
    exercises = Number(detail.page.waitingExercises ?? exercises);
    known.clear();
    settled.clear();
    learn();
    show();
  });
}
