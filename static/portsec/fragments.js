// Fetches the page again and puts its parts in place, keeping the reader's place, sound and unsent input.
import { resume } from "./live.js";
import { toast } from "./notices.js";
import { gettext } from "./text.js";

let planned = 0;
let wanted = []; // names of parts that the planned refresh fetches; null is all of them
let unsent = false;

/** A random delay, so that a thousand dashboards do not ask in the same instant. Names: these parts only; none of them: the counts only. */
export function refreshWithin(seconds, names = null) {
  wanted = names && wanted && [...new Set([...wanted, ...names])];
  clearTimeout(planned);
  planned = setTimeout(() => {
    const parts = wanted;
    wanted = [];
    refresh(parts);
  }, Math.random() * seconds * 1000);
}

async function refresh(names) {
  const parts = [...document.querySelectorAll("[data-fragment]")].filter((part) => !names || names.includes(part.id));
  if (!parts.length && !names) return askToReload();
  let answer;
  try {
    answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  } catch {
    return refreshWithin(10, names);
  }
  if (answer.status >= 500) return refreshWithin(10, names); // the server is coming back: a page that is loaded now might stay away
  if (answer.redirected || !answer.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) replace(part, fresh.getElementById(part.id));
  if (!names) resume({ cursor: fresh.body.dataset.liveCursor, ticket: fresh.body.dataset.liveTicket });
  document.dispatchEvent(new CustomEvent("portsec:refreshed", { detail: { page: fresh.body.dataset, all: !names } }));
}

function replace(part, fresh) {
  if (!fresh) return part.remove();
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const row = focused?.closest("[data-alert]")?.dataset.alert;
  keepInput(part, fresh);
  part.replaceWith(document.adoptNode(fresh));
  if (!focused) return;
  const again = (focused.id && document.getElementById(focused.id)) || (row && fresh.querySelector(`[data-alert="${row}"] a`)) || fresh.querySelector("h2");
  again?.focus();
}

/** What a person has typed and not sent, or opened, goes on standing there. */
function keepInput(part, fresh) {
  for (const opened of part.querySelectorAll("details[id][open]")) fresh.querySelector(`#${CSS.escape(opened.id)}`)?.setAttribute("open", "");
  for (const field of part.querySelectorAll("input[id], textarea[id]")) {
    if (field.value === field.defaultValue) continue;
    const again = fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (again) again.value = field.value;
  }
}

function askToReload() {
  if (!unsent) return location.reload();
  resume({});
  toast(gettext("What you may see has changed. Load the page again when you have sent or saved your text."), { bad: true, action: gettext("Load again"), onAction: () => location.reload() });
}

export function start() {
  document.addEventListener("input", (event) => {
    if (event.target.closest?.("main form")) unsent = true;
  });
  document.addEventListener("portsec:refresh", ({ detail }) => refreshWithin(detail.within ?? 3));
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-reload]")) return;
    event.preventDefault();
    location.reload();
  });
}
