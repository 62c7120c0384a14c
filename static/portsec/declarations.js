// Pages of declarations: they follow what either side does, after a random delay. What somebody typed goes on standing there.
import { refreshWithin } from "./fragments.js";

const shown = document.querySelector("[data-declaration]")?.dataset.declaration;
const parts = ["declaration-head", "declaration-answer", "signatures", "declaration-end", "declarations", "declarations-coming"];

document.addEventListener("portsec:entry", ({ detail: entry }) => {
  if (entry.kind === "declaration_of_security" && (!shown || shown === entry.id)) refreshWithin(3, parts);
});
