// Shows the line's state: the mark in the top bar and, when it is not live, the banner above the page.
import { moment, now, roughly } from "./clock.js";
import { format, gettext } from "./text.js";
import { tryNow } from "./live.js";

const PATIENCE = 1500; // ms before a lost line is called out in the banner
const page = document.body.dataset;
let state = "connecting";
let changedAt = null;
let since = null;
let bannerTimer = 0;

function mark(name, word, note = "") {
  const element = document.querySelector("[data-live]");
  if (!element) return;
  element.hidden = false; // without script there is no line, and nothing is said of it
  element.dataset.state = name;
  const shown = element.querySelector("[data-live-word]");
  if (shown.textContent !== word) shown.textContent = word;
  element.querySelector("[data-live-note]").textContent = note;
}

function banner(text, { warn = false, action = null } = {}) {
  const element = document.querySelector("[data-line-banner]");
  if (!element) return;
  element.hidden = !text;
  element.classList.toggle("warn", warn);
  const line = element.querySelector("[data-line-text]");
  if (line.textContent !== text) line.textContent = text;
  const button = element.querySelector("[data-line-action]");
  button.hidden = !action;
  button.textContent = action?.label ?? "";
  button.onclick = action?.run ?? null;
}

const shows = {
  live() {
    since = null;
    banner("");
  },
  "catching-up"(detail) {
    const values = { caught: detail.caught, behind: detail.behind };
    mark("catching-up", gettext("Catching up"), detail.behind ? format(gettext("· %(caught)s of %(behind)s"), values) : "");
    if (!since) return;
    const text = detail.behind ? gettext("Catching up: %(caught)s of %(behind)s changes since %(since)s.") : gettext("Catching up with what changed since %(since)s.");
    banner(format(text, { ...values, since: moment(since) }), { warn: true });
  },
  offline(detail) {
    since ??= detail.heardAt;
    mark("offline", format(gettext("Offline since %(since)s"), { since: moment(since) }));
    const text = gettext("Offline since %(since)s. You see what was known then. What you acknowledge is kept here and sent when the line is back.");
    bannerTimer = setTimeout(() => banner(format(text, { since: moment(since) }), { action: { label: gettext("Try now"), run: tryNow } }), PATIENCE);
  },
  "signed-out"() {
    mark("offline", gettext("Signed out"));
    const again = `${page.loginUrl}?next=${encodeURIComponent(location.pathname + location.search)}`;
    banner(gettext("You are signed out. Nothing new reaches this page until you sign in again."), { action: { label: gettext("Sign in"), run: () => location.assign(again) } });
  },
};

function age() {
  if (state !== "live") return;
  mark("live", gettext("Live"), changedAt ? format(gettext("· last change %(span)s ago"), { span: roughly((now() - changedAt) / 1000) }) : "");
}

export function start() {
  mark("catching-up", gettext("Connecting"));
  document.addEventListener("portsec:line", ({ detail }) => {
    if (detail.state !== state) clearTimeout(bannerTimer); // a further failed attempt does not put the banner off
    const same = detail.state === state && state === "offline";
    state = detail.state;
    if (detail.changedAt) changedAt = detail.changedAt;
    if (!same) shows[state]?.(detail);
    age();
  });
  setInterval(age, 1000);
}
