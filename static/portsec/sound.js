// An alarm for unanswered alerts, made of plain tones. Off until a person turns it on, in this browser; exercises sound softly and once.
import { gettext } from "./text.js";

const KEY = "portsec.sound";
const PATIENCE = 1000; // ms within which a browser that lets a page sound has begun, on a slow machine too
const EVERY = { Extreme: 4000, Severe: 6000, Moderate: 20000, Minor: 60000 };
const ALARM = [[880, 0, 0.18], [660, 0.22, 0.18], [880, 0.44, 0.18], [660, 0.66, 0.24]];
const CHIME = [[740, 0, 0.16], [988, 0.2, 0.3]];
const SOFT = [[392, 0, 0.3], [494, 0.32, 0.4]];

let context = null;
let alarm = 0;
let patience = 0;
let ringing = { alerts: 0, worst: "Minor" };

const wanted = () => localStorage.getItem(KEY) === "on";
const silent = () => context?.state !== "running";
const blocked = () => context !== null && silent() && !patience;

function play(notes, loudness) {
  if (silent()) return;
  for (const [pitch, after, length] of notes) {
    const begins = context.currentTime + after;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.type = "triangle";
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, begins);
    volume.gain.linearRampToValueAtTime(loudness, begins + 0.02);
    volume.gain.setValueAtTime(loudness, begins + length - 0.04);
    volume.gain.linearRampToValueAtTime(0, begins + length);
    tone.connect(volume).connect(context.destination);
    tone.start(begins);
    tone.stop(begins + length);
  }
}

function ring() {
  clearTimeout(alarm);
  if (!wanted() || ringing.alerts === 0) return;
  const loud = ringing.worst === "Extreme" || ringing.worst === "Severe";
  play(loud ? ALARM : CHIME, loud ? 0.35 : 0.2);
  show();
  alarm = setTimeout(ring, EVERY[ringing.worst] ?? EVERY.Severe);
}

function show() {
  const button = document.querySelector("[data-sound]");
  if (!button) return;
  const on = wanted();
  button.hidden = false;
  button.setAttribute("aria-pressed", String(on));
  button.querySelector("use").setAttribute("href", on ? "#i-bell" : "#i-bell-off");
  button.querySelector("span").textContent = on ? gettext("Sound is on") : gettext("Turn on sound");
  button.title = on ? gettext("Turn off sound") : gettext("Sound an alarm for unanswered alerts");
  document.querySelector("[data-sound-banner]").hidden = !(on && blocked());
  for (const box of document.querySelectorAll("[data-sound-switch]")) box.checked = on;
}

/** Resolves once the page may sound; where the browser waits for a click, not before that. */
function open() {
  context ??= new AudioContext();
  context.onstatechange = show;
  clearTimeout(patience);
  patience = setTimeout(() => {
    patience = 0;
    show();
  }, PATIENCE);
  return context.resume();
}

async function turn(on) {
  localStorage.setItem(KEY, on ? "on" : "off");
  clearTimeout(alarm);
  show();
  if (!on) return;
  await open();
  if (!wanted()) return;
  play(CHIME, 0.2); // so that the person hears what was agreed to
  alarm = setTimeout(ring, 1500);
  show();
}

export function start() {
  if (!document.querySelector("[data-sound]")) return;
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-sound]")) turn(!wanted());
    else if (event.target.closest?.("[data-sound-allow]")) turn(true);
    else if (context && silent()) open().then(ring);
  });
  document.addEventListener("change", (event) => event.target.matches("[data-sound-switch]") && turn(event.target.checked));
  document.addEventListener("portsec:waiting", ({ detail }) => {
    const before = ringing.alerts;
    ringing = detail;
    if (detail.came?.isExercise && wanted()) play(SOFT, 0.12);
    if (detail.alerts > before) ring();
    if (detail.alerts === 0) clearTimeout(alarm);
  });
  addEventListener("storage", (event) => event.key === KEY && (wanted() ? open().then(ring) : clearTimeout(alarm), show()));
  if (wanted()) open().then(ring);
  show();
}
