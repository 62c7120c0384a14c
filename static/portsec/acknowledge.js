// Acknowledging: at once where the line is up, kept and sent later where it is not. The forms work without this too.
import { format, gettext } from "./text.js";
import { say, toast } from "./notices.js";

const page = document.body.dataset;
const STORE = `portsec.acknowledgements.${page.user}.${page.organisation}`;

const read = () => JSON.parse(localStorage.getItem(STORE) ?? "[]");
const write = (kept) => localStorage.setItem(STORE, JSON.stringify(kept));
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

/** done | refused (with the reason; over: nothing is left to answer) | signed-out | waits */
async function post({ alert, key, remark = "" }) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "Idempotency-Key": key, "X-CSRFToken": token() };
  let answer;
  try {
    answer = await fetch(`/api/v1/alerts/${alert}/acknowledge/`, { method: "POST", body: JSON.stringify({ remark }), headers, keepalive: true });
  } catch {
    return { outcome: "waits" };
  }
  if (answer.ok) return { outcome: "done" };
  if (answer.status === 401) return { outcome: "signed-out" };
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408) return { outcome: "waits" };
  return { outcome: "refused", reason: await reasonOf(answer), over: answer.status === 404 || answer.status === 409 };
}

async function reasonOf(answer) {
  try {
    return (await answer.json()).detail;
  } catch {
    return gettext("Open the alert to see why.");
  }
}

function submit(form) {
  const row = form.closest("[data-alert]");
  const alert = row?.dataset.alert ?? "";
  const ref = form.dataset.ref ?? row?.querySelector("[data-slot=ref]")?.textContent ?? "";
  const remark = form.elements.remark?.value.trim() ?? "";
  const item = { alert, ref, key: newKey(), remark };
  const button = form.querySelector("button");
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-busy", "true");
  post(item).then((result) => settle(item, result, form));
}

function settle(item, { outcome, reason, over }, form = null) {
  const values = { ref: item.ref };
  if (outcome === "waits") {
    if (!read().some(({ alert }) => alert === item.alert)) write([...read(), item]);
    if (form) showWaiting(form);
    say(format(gettext("%(ref)s waits for the line."), values));
    return;
  }
  write(read().filter(({ key }) => key !== item.key));
  if (outcome === "done") {
    document.dispatchEvent(new CustomEvent("portsec:acknowledged", { detail: { alert: item.alert } }));
    toast(format(gettext("Acknowledged %(ref)s"), values));
    return;
  }
  if (over) {
    document.dispatchEvent(new CustomEvent("portsec:acknowledged", { detail: { alert: item.alert } }));
    toast(reason);
    return;
  }
  release(form);
  if (outcome === "signed-out") {
    write([...read(), item]); // sent when the same person is back
    toast(gettext("You are signed out. Sign in: the answer is kept and sent then."), { bad: true, action: gettext("Sign in"), onAction: () => location.assign(page.loginUrl) });
    return;
  }
  toast(format(gettext("%(ref)s is not acknowledged: %(reason)s"), { ...values, reason }), { bad: true });
}

function release(form) {
  const button = form?.querySelector("button");
  button?.removeAttribute("aria-disabled");
  button?.removeAttribute("aria-busy");
}

function showWaiting(form) {
  const waits = document.createElement("p");
  waits.className = "badge warn";
  waits.textContent = gettext("Waits for the line");
  waits.tabIndex = -1;
  const focused = form.contains(document.activeElement);
  form.hidden = true;
  form.after(waits);
  if (focused) waits.focus();
}

/** What was kept while offline, in the order of the clicks. */
async function flush() {
  for (const item of read()) {
    const result = await post(item);
    if (result.outcome === "waits") return;
    settle(item, result, document.querySelector(`[data-alert="${item.alert}"] form[data-acknowledge]`));
  }
}

/** Rows that came again with the page, while their answer still waits here. */
export function markWaiting() {
  for (const { alert } of read()) {
    const form = document.querySelector(`[data-alert="${alert}"] form[data-acknowledge]`);
    if (form && !form.hidden) showWaiting(form);
  }
}

export function start() {
  if (!page.user) return;
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-acknowledge]")) return;
    event.preventDefault();
    submit(event.target);
  });
  document.addEventListener("portsec:line", ({ detail }) => detail.state === "live" && !detail.changedAt && flush());
  document.addEventListener("portsec:refreshed", markWaiting);
  markWaiting();
  flush();
}
