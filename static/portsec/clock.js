// Time by the server's clock. The page states when it was made; live entries move the clock forward when it lags.
import { format, gettext } from "./text.js";

const page = document.body.dataset;
const language = document.documentElement.lang || "en";
const zone = page.timeZone || undefined;
const sinceMade = performance.now() - (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0);
let ahead = page.now ? Date.parse(page.now) + sinceMade - Date.now() : 0;

export const now = () => Date.now() + ahead;

/** The server has just written this instant: it cannot lie in the page's future. */
export function sync(at) {
  const lag = Date.parse(at) - now();
  if (lag > 0) ahead += lag;
}

/** The server says that this is now. */
export function set(at) {
  ahead = Date.parse(at) - Date.now();
}

const parts = (at, timeZone) => {
  const wanted = { timeZone, hourCycle: "h23", year: "numeric", month: "short", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit" };
  return Object.fromEntries(new Intl.DateTimeFormat(language, wanted).formatToParts(at).map(({ type, value }) => [type, value]));
};
const dayNumber = (at, timeZone) => Math.floor(Date.parse(`${new Intl.DateTimeFormat("en-CA", { timeZone }).format(at)}T00:00Z`) / 86400000);

/** 02:14 today, "Sun 22:40" within six days, "2 Sep 22:40" this year, else with the year: as wording.py does. */
export function moment(at, timeZone = zone) {
  const when = new Date(at);
  const part = parts(when, timeZone);
  const clock = `${part.hour}:${part.minute}`;
  const days = Math.abs(dayNumber(when, timeZone) - dayNumber(now(), timeZone));
  if (days === 0) return clock;
  if (days <= 6) return `${part.weekday} ${clock}`;
  const date = `${part.day} ${part.month}`;
  return part.year === parts(now(), timeZone).year ? `${date} ${clock}` : `${date} ${part.year} ${clock}`;
}

export function timeElement(at) {
  const element = document.createElement("time");
  const utc = `${moment(at, "UTC")} UTC`;
  element.dateTime = new Date(at).toISOString();
  element.title = utc;
  element.dataset.utc = utc;
  element.textContent = moment(at);
  return element;
}

/** 1:48 below an hour, 2 h 05 min from there on. */
export function span(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  return format(gettext("%(hours)s h %(minutes)s min"), { hours: Math.floor(whole / 3600), minutes: two(Math.floor((whole % 3600) / 60)) });
}

/** 4 s, 12 min, 3 h: how long ago something was. */
export function roughly(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return format(gettext("%(seconds)s s"), { seconds: whole });
  if (whole < 3600) return format(gettext("%(minutes)s min"), { minutes: Math.floor(whole / 60) });
  return format(gettext("%(hours)s h"), { hours: Math.floor(whole / 3600) });
}

const deadlines = new WeakMap();
const SOON = 0.4;

/** A timer states what was left when it was written; from then on it runs here. */
export function tick(root = document) {
  for (const timer of root.querySelectorAll(".timer[data-left]")) {
    if (!deadlines.has(timer)) deadlines.set(timer, now() + Number(timer.dataset.left) * 1000);
    const left = (deadlines.get(timer) - now()) / 1000;
    const limit = Number(timer.dataset.limit);
    timer.dataset.state = left < 0 ? "late" : left < limit * SOON ? "soon" : "running";
    timer.querySelector("[role=timer]").textContent = format(left < 0 ? gettext("%(span)s late") : gettext("%(span)s left"), { span: span(left) });
    timer.querySelector("progress").value = left < 0 ? limit : Math.min(left, limit);
  }
}

/** The timer has got a new deadline. */
export const restart = (timer) => deadlines.delete(timer);

/** Seconds left of the timer in this row, for the order of rows. */
export function leftOf(row) {
  const timer = row.querySelector(".timer[data-left]");
  if (!timer) return Infinity;
  return deadlines.has(timer) ? (deadlines.get(timer) - now()) / 1000 : Number(timer.dataset.left);
}

let inUtc = false;

function swapTimes() {
  inUtc = !inUtc;
  for (const element of document.querySelectorAll("time[data-utc]")) {
    element.dataset.local ??= element.textContent;
    element.textContent = inUtc ? element.dataset.utc : element.dataset.local;
    element.title = inUtc ? element.dataset.local : element.dataset.utc;
  }
  document.querySelector("[data-clock]")?.setAttribute("aria-pressed", String(inUtc));
}

function showClocks() {
  const clock = document.querySelector("[data-clock]");
  if (!clock) return;
  const write = (selector, timeZone) => {
    const { hour, minute } = parts(now(), timeZone);
    const element = clock.querySelector(selector);
    if (element.textContent !== `${hour}:${minute}`) element.textContent = `${hour}:${minute}`;
  };
  write("[data-clock-local]", zone);
  write("[data-clock-utc]", "UTC");
}

export function start() {
  const step = () => {
    showClocks();
    tick();
  };
  step();
  setInterval(step, 1000);
  document.addEventListener("visibilitychange", step);
  document.querySelector("[data-clock]")?.addEventListener("click", swapTimes);
}
