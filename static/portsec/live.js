// The line to the server: one WebSocket that says what changed since the page's cursor, nothing twice.
// It tells the page through events on document: portsec:line {state, …}, portsec:entry (one entry), portsec:refresh.
import * as clock from "./clock.js";

const LONGEST_WAIT = 30; // seconds between two attempts
const SILENCE = 70; // seconds without a frame, after which the line counts as dead (the server pings more often)
const GREETING = 10; // seconds until hello
const QUIET = 1500; // ms without entries after which a client that cannot compare cursors has caught up
const REMEMBERED = 4000;

const page = document.body.dataset;
const known = new Set();
let { liveCursor: cursor = "", liveTicket: ticket = "" } = page;
let socket = null;
let attempt = 0;
let retry = 0;
let watch = 0;
let quiet = 0;
let heardAt = clock.now();
let goal = null; // the cursor that hello named: the present end, where the server does not count what is missing
let caught = 0;
let behind = null;

export let state = "connecting";

function tell(next, detail = {}) {
  state = next;
  document.dispatchEvent(new CustomEvent("portsec:line", { detail: { state, heardAt, ...detail } }));
}

export function send(frame) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(frame));
  return true;
}

/** After the page's parts were fetched again: go on from where they stand. */
export function resume(from) {
  cursor = from.cursor || cursor;
  ticket = from.ticket || ticket;
  if (state !== "live") connect();
}

function address() {
  const url = new URL(page.liveUrl, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (ticket) url.searchParams.set("ticket", ticket);
  if (cursor) url.searchParams.set("since", cursor);
  return url;
}

function connect() {
  clearTimeout(retry);
  if (socket) {
    socket.onclose = null;
    socket.close();
  }
  socket = new WebSocket(address());
  guard(GREETING);
  socket.onmessage = (event) => hear(JSON.parse(event.data));
  socket.onclose = (event) => closed(event.code);
}

function guard(seconds) {
  clearTimeout(watch);
  watch = setTimeout(() => {
    if (!socket) return;
    socket.onclose = null;
    socket.close();
    closed(1006);
  }, seconds * 1000);
}

function hear(frame) {
  guard(SILENCE);
  heardAt = clock.now();
  if (frame.now) clock.set(frame.now);
  handlers[frame.type]?.(frame);
}

const handlers = {
  hello(frame) {
    attempt = 0;
    caught = 0;
    behind = frame.behind ?? null;
    goal = frame.cursor;
    if (behind === 0 || (behind === null && (!cursor || cursor === goal))) return live();
    tell("catching-up", { caught, behind });
    settleSoon();
  },
  entries(frame) {
    for (const entry of frame.entries) take(entry);
    cursor = frame.cursor ?? cursor;
    if (state === "live") return tell("live", { changedAt: clock.now() });
    caught += frame.entries.length;
    if (cursor === goal || (behind !== null && caught >= behind)) return live();
    tell("catching-up", { caught, behind });
    settleSoon();
  },
  access(frame) {
    cursor = frame.cursor ?? cursor;
    document.dispatchEvent(new CustomEvent("portsec:refresh", { detail: { why: "access", within: 3 } }));
  },
  /** Deliveries of these objects came further: to whoever looks at their board. */
  deliveries(frame) {
    document.dispatchEvent(new CustomEvent("portsec:deliveries", { detail: frame.ids ?? [] }));
  },
  ping() {
    send({ type: "pong" });
  },
};

function take(entry) {
  if (known.has(entry.entry)) return;
  known.add(entry.entry);
  if (known.size > REMEMBERED) known.delete(known.values().next().value);
  clock.sync(entry.at);
  document.dispatchEvent(new CustomEvent("portsec:entry", { detail: entry }));
}

function live() {
  clearTimeout(quiet);
  goal = null;
  tell("live", { caught });
  document.dispatchEvent(new CustomEvent("portsec:caught-up")); // what the journal does not hold, as how deliveries fare, is to be asked
}

function settleSoon() {
  clearTimeout(quiet);
  quiet = setTimeout(live, QUIET);
}

async function closed(code) {
  clearTimeout(watch);
  clearTimeout(quiet);
  socket = null;
  if (code === 4403) return location.reload();
  tell("offline");
  if (code === 4409) {
    cursor = ""; // the refreshed page brings a new one, and opens the line again
    return document.dispatchEvent(new CustomEvent("portsec:refresh", { detail: { why: "resynchronise", within: 2 } }));
  }
  if (code === 4401) {
    const outcome = await renewTicket();
    if (outcome === "signed-out") return tell("signed-out");
    if (outcome === "renewed" && attempt === 0) {
      attempt = 1;
      return connect();
    }
  }
  tryLater();
}

async function renewTicket() {
  ticket = ""; // without one, the session's cookie speaks
  try {
    const answer = await fetch(page.ticketUrl, { headers: { Accept: "application/json" }, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return "signed-out";
    if (!answer.ok) return "failed";
    const fresh = await answer.json();
    ticket = fresh.ticket;
    cursor ||= fresh.cursor;
    return "renewed";
  } catch {
    return "failed";
  }
}

function tryLater() {
  const longest = Math.min(LONGEST_WAIT, 2 ** attempt);
  attempt += 1;
  clearTimeout(retry);
  retry = setTimeout(connect, Math.random() * longest * 1000);
}

export function tryNow() {
  if (state === "live" || state === "catching-up") return;
  attempt = 0;
  connect();
}

export function start() {
  if (!page.liveUrl) return;
  addEventListener("online", tryNow);
  addEventListener("offline", () => socket && guard(0));
  addEventListener("pageshow", (event) => event.persisted && tryNow());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tryNow());
  connect();
}
