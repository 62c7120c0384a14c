// Every page's script. Each module does one thing and is started here; pages add their own beside it.
import * as acknowledge from "./acknowledge.js";
import * as clock from "./clock.js";
import * as forms from "./forms.js";
import * as fragments from "./fragments.js";
import * as keys from "./keys.js";
import * as line from "./line.js";
import * as live from "./live.js";
import * as notices from "./notices.js";
import * as seen from "./seen.js";
import * as sound from "./sound.js";
import * as waiting from "./waiting.js";

for (const part of [clock, forms, notices, keys, fragments, line, seen, sound, waiting, acknowledge]) part.start();
// The line is opened when every module of the page listens to it.
document.addEventListener("DOMContentLoaded", live.start);
