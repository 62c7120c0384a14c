// What the page says aloud and in passing: live regions and toasts.
const STAYS = 8000;

/** Read by a screen reader; nothing is drawn. */
export function say(text, { urgent = false } = {}) {
  const region = document.querySelector(`[data-say=${urgent ? "alert" : "status"}]`);
  if (!region) return;
  const line = document.createElement("p");
  line.textContent = text;
  region.append(line);
  setTimeout(() => line.remove(), STAYS);
}

/** A line at the corner. A bad one stays until it is closed; the others leave, but not while they are read or used. */
export function toast(text, { bad = false, action = "", onAction = null } = {}) {
  const template = document.getElementById("toast");
  if (!template) return null;
  const line = template.content.firstElementChild.cloneNode(true);
  line.querySelector("span").textContent = text;
  if (bad) {
    line.classList.add("bad");
    line.querySelector("use").setAttribute("href", "#i-alert");
  }
  if (action) {
    const button = line.querySelector("[data-toast-action]");
    button.textContent = action;
    button.hidden = false;
    button.addEventListener("click", () => {
      line.remove();
      onAction?.();
    });
  }
  document.querySelector("[data-toasts]").append(line);
  if (!bad) leaveLater(line, STAYS);
  return line;
}

function leaveLater(line, delay) {
  setTimeout(() => {
    if (line.matches(":hover, :focus-within")) leaveLater(line, 2000);
    else line.remove();
  }, delay);
}

export function start() {
  document.addEventListener("click", (event) => event.target.closest?.("[data-dismiss]")?.closest(".toast")?.remove());
}
