// A button beside a field that copies what stands in it. Without script the text is selected by hand, and no button promises more.
import { toast } from "./notices.js";
import { gettext } from "./text.js";

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    toast(gettext("Copied"));
  } catch {
    toast(gettext("This browser does not let us copy. The text is selected: copy it with the keyboard."), { bad: true });
  }
}

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(document.getElementById(button.dataset.copies)));
}
