// Tells the server which alerts a person could really read: on screen, in a visible tab, for a second.
import { send, state } from "./live.js";

const DWELL = 1000;
const waiting = new Map();
const told = new Set();
let pending = [];

const observer = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes) {
      const id = target.dataset.alert;
      clearTimeout(waiting.get(id));
      if (isIntersecting && !told.has(id)) waiting.set(id, setTimeout(() => note(target), DWELL));
    }
  },
  { threshold: 0.6 },
);

function note(row) {
  const id = row.dataset.alert;
  if (document.visibilityState !== "visible" || told.has(id) || !row.isConnected) return;
  told.add(id);
  pending.push(id);
  observer.unobserve(row);
  flush();
}

function flush() {
  if (pending.length && state === "live" && send({ type: "seen", ids: pending })) pending = [];
}

export function observe(root = document) {
  for (const row of root.querySelectorAll("[data-alert]:not([data-own])")) if (row.dataset.alert && !told.has(row.dataset.alert)) observer.observe(row);
}

export function start() {
  observe();
  document.addEventListener("portsec:line", flush);
  document.addEventListener("portsec:refreshed", () => observe());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    observer.disconnect(); // a row that came while the tab was hidden is judged anew
    observe();
  });
}
