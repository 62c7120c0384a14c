// Dialogs, the theme, and where the focus stands after a refused form.
const root = document.documentElement;

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The new theme shows at once; the server keeps it for the next page. */
function switchTheme(form) {
  const theme = isDark() ? "light" : "dark";
  const body = new URLSearchParams(new FormData(form));
  body.set("theme", theme);
  root.dataset.theme = theme;
  document.dispatchEvent(new CustomEvent("portsec:theme"));
  fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
}

/** Tabs and choices scroll sideways on a phone: the one that holds is in sight. */
function showOpenTab() {
  for (const tab of document.querySelectorAll(".tabs [aria-current], .picks .pick:has(:checked)")) {
    const tabs = tab.closest(".tabs, .picks");
    tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  }
}

export function start() {
  showOpenTab();
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-auto]") && event.target.type !== "search") form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens]");
    const dialog = opener && document.getElementById(opener.dataset.opens);
    if (dialog) {
      event.preventDefault(); // the link behind the button is for readers without script
      dialog.showModal();
    }
    const closer = event.target.closest?.("[data-closes]");
    if (closer) closer.closest("dialog")?.close();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-form]")) return;
    event.preventDefault();
    switchTheme(event.target);
  });
  document.querySelector("dialog[data-open]")?.showModal();
  document.querySelector("[data-error-summary]:not([data-sample] *)")?.focus();
}
