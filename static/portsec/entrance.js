// Pages before sign-in: only what forms need.
import { start } from "./forms.js";

start();
