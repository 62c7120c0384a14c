// An alert's page: its board and its head follow the line. The board is asked for again after a random delay, once for many answers.
import { refreshWithin } from "./fragments.js";

const alert = document.querySelector("main [data-alert]")?.dataset.alert;
const about = (entry) => entry.id === alert || entry.row?.alert === alert;
let planned = 0;

function refreshBoard() {
  const board = document.getElementById("board");
  if (!board || planned) return;
  planned = setTimeout(() => {
    planned = 0;
    if (!navigator.onLine) return; // asked for again once the line is back
    const shown = board.querySelector("[name=show]:checked")?.value ?? "all";
    const opened = [...board.querySelectorAll("details[id][open]")].map((one) => one.id);
    globalThis.htmx.ajax("GET", board.dataset.boardUrl, { target: board, swap: "innerHTML" }).then(() => {
      const again = board.querySelector(`[name=show][value=${shown}]`);
      if (again) again.checked = true;
      for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    });
  }, 300 + Math.random() * 1200);
}

document.addEventListener("portsec:entry", ({ detail: entry }) => {
  if (!about(entry)) return;
  if (document.getElementById("board")) refreshBoard();
  if (entry.verb !== "alert.acknowledged" || entry.organisation?.id === document.body.dataset.organisation) refreshWithin(2);
});
document.addEventListener("portsec:acknowledged", ({ detail }) => detail.alert === alert && refreshWithin(0.2));
document.addEventListener("portsec:deliveries", ({ detail }) => detail.includes(alert) && refreshBoard());
document.addEventListener("portsec:caught-up", refreshBoard); // a message may have gone out while the page was on its way
