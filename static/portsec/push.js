// Push to this browser: asked for on a click alone, sent to the server, taken away again.
import { gettext } from "./text.js";

const card = document.getElementById("push");
const say = (text) => { card.querySelector("[data-push-said]").textContent = text; };

function bytes(key) {
  const text = atob(key.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(key.length / 4) * 4, "="));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

const listed = (subscription) => document.querySelector(`[data-push-address="${CSS.escape(subscription.endpoint)}"]`);

/** What keeps this browser from it, in words that say what to do; nothing where it can. */
function whyNot() {
  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) return "";
  if (/iPhone|iPad/.test(navigator.userAgent)) return gettext("On an iPhone or iPad: press Share, then Add to Home Screen. Open PortSec from there and come back to this page.");
  return gettext("This browser shows no push messages. Use a current Firefox, Chrome, Edge or Safari, or choose e-mail.");
}

async function show() {
  const reason = whyNot();
  if (reason) return say(reason);
  if (Notification.permission === "denied") return say(gettext("Messages of this site are blocked here. Allow them beside the address bar, then load this page again."));
  const registration = await navigator.serviceWorker.getRegistration("/");
  const subscription = await registration?.pushManager.getSubscription();
  const row = subscription && listed(subscription);
  card.querySelector("[data-push-on]").hidden = Boolean(row);
  say(row ? gettext("Push messages come to this browser.") : "");
}

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") return show();
  await navigator.serviceWorker.register("/push-worker.js", { scope: "/" });
  const registration = await navigator.serviceWorker.ready;
  // One that is not listed here was another person's, or is taken away: its address must not serve two.
  const old = await registration.pushManager.getSubscription();
  if (old) await old.unsubscribe();
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(card.dataset.key) });
  const { endpoint, keys } = made.toJSON();
  const body = new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth, csrfmiddlewaretoken: card.dataset.token });
  const answer = await fetch(card.dataset.address, { method: "POST", body, headers: { Accept: "application/json" } });
  if (answer.ok) return location.reload();
  await made.unsubscribe();
  say((await answer.json()).detail);
}

/** The server forgets it by the form itself; the browser forgets it, too. */
async function forget(form) {
  const registration = await navigator.serviceWorker?.getRegistration("/");
  const subscription = await registration?.pushManager.getSubscription();
  if (subscription && subscription.endpoint === form.dataset.pushAddress) await subscription.unsubscribe();
  form.submit();
}

card?.querySelector("[data-push-on]")?.addEventListener("click", () => {
  switchOn().catch(() => say(gettext("The browser could not be reached by its push service. Try again later, or choose e-mail.")));
});
document.addEventListener("submit", (event) => {
  if (!event.target.dataset.pushAddress) return;
  event.preventDefault();
  forget(event.target).catch(() => event.target.submit());
});
if (card?.dataset.key) show();
