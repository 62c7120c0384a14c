// The composer: shows early what the server would refuse, who would be reached, and how the row will look.
import { moment, now } from "./clock.js";
import { format, gettext } from "./text.js";
import { rank } from "./waiting.js";

const WRITTEN = { timeZone: document.body.dataset.timeZone || undefined, day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const form = document.querySelector("[data-compose]");
const picked = (name) => document.querySelector(`[form=alert-form][name=${name}]:checked, #alert-form [name=${name}]:checked`)?.value ?? "";
/** The server says for each audience which labels refuse it, and why (portsec/access/tlp.py). */
function showAudiences() {
  const label = picked("tlp");
  for (const input of form.querySelectorAll("[name=audience_kind]")) {
    const reason = JSON.parse(input.dataset.tooWide)[label];
    const hint = input.closest(".choice").querySelector("small");
    input.disabled = Boolean(reason);
    hint.textContent = reason ?? hint.dataset.hint;
  }
  const choice = form.querySelector("[name=audience_kind]:checked");
  if (choice?.disabled) form.querySelector("[name=audience_kind]:not(:disabled)")?.click();
}

function showParts() {
  const kind = picked("audience_kind");
  for (const part of form.querySelectorAll("[data-for-kinds]")) part.hidden = !part.dataset.forKinds.split(" ").includes(kind);
  for (const part of form.querySelectorAll("[data-for-tlp]")) part.hidden = part.dataset.forTlp !== picked("tlp");
}

function showRow() {
  const row = document.querySelector("[data-seen]");
  const severity = picked("severity") || "Unknown";
  const isExercise = Boolean(document.querySelector("[name=is_exercise]")?.checked);
  row.dataset.severity = severity.toLowerCase();
  row.classList.toggle("is-exercise", isExercise);
  row.querySelector("[data-slot=band]").hidden = !isExercise;
  document.querySelector("[data-exercise-band]").hidden = !isExercise;
  const mark = row.querySelector(".severity");
  mark.dataset.severity = severity.toLowerCase();
  mark.querySelector("use").setAttribute("href", `#i-sev-${Math.max(rank(severity), 1)}`);
  mark.lastChild.textContent = gettext(severity);
  const label = row.querySelector(".tlp");
  label.dataset.tlp = picked("tlp").toLowerCase().replace("+", "-");
  label.textContent = `TLP:${picked("tlp")}`;
  row.querySelector("[data-slot=headline]").textContent = form.elements.headline.value || "…";
  row.querySelector("[data-slot=instruction]").textContent = form.elements.instruction.value;
}

function showCount() {
  const count = document.querySelector("#preview [data-count]")?.dataset.count;
  if (count !== undefined) form.querySelector("[data-send]").textContent = Number(count) ? format(gettext("Review and send to %(count)s"), { count }) : gettext("Review and send");
}

/** A long list of boxes gets a field that narrows it. */
function narrow(group) {
  const field = group.querySelector("[data-narrow-by]");
  const boxes = [...group.querySelectorAll(".pick")];
  field.hidden = boxes.length < 9;
  field.addEventListener("input", () => {
    const wanted = field.value.toLocaleLowerCase();
    for (const box of boxes) box.hidden = !box.textContent.toLocaleLowerCase().includes(wanted) && !box.querySelector("input").checked;
  });
}

/** "In 4 h" writes the moment by the server's clock, as the field reads it: 24.11.2026 06:30. */
function offerHours(group) {
  const field = document.getElementById(group.dataset.hoursFor);
  const parts = (at) => Object.fromEntries(new Intl.DateTimeFormat("en-GB", WRITTEN).formatToParts(at).map(({ type, value }) => [type, value]));
  const after = (button) => now() + Number(button.dataset.hours) * 3600000;
  group.hidden = false;
  for (const button of group.querySelectorAll("[data-hours]")) {
    button.append(`, ${moment(after(button))}`);
    button.addEventListener("click", () => {
      const { day, month, year, hour, minute } = parts(after(button));
      field.value = `${day}.${month}.${year} ${hour}:${minute}`;
      field.focus();
    });
  }
}

const REACHES = ["tlp", "audience_kind", "region", "organisations", "persons"];

function changed(event) {
  if (event.target.name === "tlp") showAudiences();
  showParts();
  showRow();
  if (REACHES.includes(event.target.name)) form.dispatchEvent(new CustomEvent("portsec:reach"));
}

for (const group of form.querySelectorAll("[data-narrow]")) narrow(group);
offerHours(form.querySelector("[data-hours-for]"));
document.addEventListener("change", (event) => event.target.form === form && changed(event));
form.addEventListener("input", showRow);
form.addEventListener("keydown", (event) => event.key === "Enter" && event.target.matches("[data-narrow-by]") && event.preventDefault());
document.addEventListener("htmx:afterSwap", (event) => event.target.id === "preview" && showCount());
showAudiences();
showParts();
showRow();
