// Brings the parts together: the events that come, the buttons, and a call every now and then.

import { cutOff, drawFlow, look, swarm, travel } from "./flow.js";
import { startLog, tell } from "./log.js";
import { setClock, showToken, tick, usableFor } from "./pass.js";
import { failure, milliseconds, outcomes } from "./words.js";

const EVERY = 2_500; // ms between two calls
const RESTART = 15_000; // ms that a worker may take to be back
const BURST = { requests: 20, calls: 25 };
const BEHIND = 1_000; // ms that an outcome waits for the events before it
const HOLD = 20; // ms between two looks whether they have come
const $ = (id) => document.getElementById(id);

let live = true;
let working = false;
let rotateAt = 0; // when the keys may be rotated again
let failing = false;
let newest = 0; // the id of the last event that is shown
let begun = () => {}; // called when a stream begins
const caption = { token: "", verified: "", api: "" };

drawFlow($("flow"));
startLog($("log"));
listen();
setInterval(onTick, 100);
setInterval(beat, EVERY);
beat();

function beat() {
  if (live && !working && !document.hidden) act("call", false);
}

// ---- What comes from the worker --------------------------------------------------------------------------

function listen() {
  const events = new EventSource("/events");
  events.addEventListener("state", ({ data }) => {
    onState(JSON.parse(data));
    begun();
  });
  events.addEventListener("message", ({ data, lastEventId }) => {
    onEvent(JSON.parse(data));
    newest = Number(lastEventId);
  });
  events.addEventListener("error", () => {
    $("runtime").textContent = "connecting again";
  });
}

function onState({ runtime, domain, store, now, token, server }) {
  newest = 0; // an isolate that has begun anew counts from 1 again
  setClock(now);
  $("runtime").textContent = `on ${runtime}`;
  look("worker", { detail: runtime });
  look("server", { detail: domain });
  if (token) showToken(token);
  if (server) onServer(server);
  for (const name of ["revoke", "rotate", "down", "restart"]) $(name).hidden = !server;
  $("from-store").hidden = !store;
  $("no-switches").hidden = Boolean(server);
}

function onServer({ down, rotateAfter }) {
  cutOff(down);
  rotateAt = Date.now() + rotateAfter;
  const button = $("down");
  button.setAttribute("aria-pressed", String(down));
  button.querySelector("span").textContent = down ? "It is down. Press again to bring it back." : "It resets every connection. How long do calls go on?";
}

function onEvent(event) {
  tell(event);
  switch (event.type) {
    case "token":
      return showToken(event.token);
    case "server":
      return onServer(event.server);
    case "burst":
      look("api", { detail: `${event.ok} of ${event.calls} good`, tone: event.failed > 0 ? "bad" : "good" });
      return swarm(5);
    case "token_requested":
      look("server", { tone: "busy" });
      return travel(["ask"]);
    case "token_received":
      return travel(["grant"], { tone: "good", arrived: () => look("server", { tone: "" }) });
    case "refused":
      return travel(["spend"], { tone: "bad", arrived: () => look("api", { detail: `refuses: ${event.status}`, tone: "bad" }) });
    case "token_failed":
    case "renewal_failed":
      return look("server", { tone: "bad" });
    case "keys_received":
      return travel(["keys"], { tone: "good" });
    case "step":
      return onStep(event);
    default:
      return undefined;
  }
}

function onStep({ step, ms, source, status, failed, remembered, checks }) {
  if (step === "request") {
    look("worker", { tone: "busy" });
    return;
  }
  if (failed) {
    $("caption").textContent = failure({ failed })[1];
    const places = ["token", "verified", "api"];
    // After the pulses of the call before, which would say that all is well.
    travel([], {
      arrived() {
        look("worker", { tone: "" });
        look(step, { detail: "failed", tone: "bad" });
        for (const name of places.slice(places.indexOf(step) + 1)) look(name, { detail: "not reached", tone: "" });
      },
    });
    return report(true);
  }
  if (step === "token") {
    caption.token = source === "network" ? `token from the server in ${milliseconds(ms)}` : `token from ${source}`;
    const done = () => {
      look("worker", { tone: "" });
      look("token", { detail: source === "network" ? `new, ${milliseconds(ms)}` : `from ${source}`, tone: "good" });
    };
    return source === "network" ? travel([], { arrived: done }) : travel(["memory"], { arrived: done });
  }
  if (step === "verified") {
    caption.verified = remembered ? "known to be good" : `verified in ${milliseconds(ms)}`;
    return travel(["check"], { arrived: () => look("verified", { detail: remembered ? "known to be good" : `${checks} checks, ${milliseconds(ms)}`, tone: "good" }) });
  }
  caption.api = `the API answered ${status} in ${milliseconds(ms)}`;
  const good = status < 400;
  const text = `${caption.token}, ${caption.verified}, ${caption.api}.`;
  travel(["spend"], {
    arrived() {
      look("api", { detail: `${status} after ${milliseconds(ms)}`, tone: good ? "good" : "bad" });
      $("caption").textContent = text[0].toUpperCase() + text.slice(1);
    },
  });
  travel(["answer"], { tone: good ? "good" : "bad" });
  return report(!good);
}

/** Says aloud only that calls begin to fail, and that they work again. */
function report(fails) {
  if (fails === failing) return;
  failing = fails;
  $("news").textContent = fails ? "Calls fail now." : "Calls work again.";
}

function onTick() {
  tick();
  const wait = secondsToRotation();
  $("rotate").querySelector("span").textContent = wait > 0
    ? `Again in ${wait} s: verifiers ask for an unknown key every 30 s at most.`
    : "The server signs with another key from now on.";
  showEnabled();
}

const secondsToRotation = () => Math.max(0, Math.ceil((rotateAt - Date.now()) / 1000));

function showEnabled() {
  for (const button of document.querySelectorAll(".buttons button")) {
    button.setAttribute("aria-disabled", String(working || (button.id === "rotate" && secondsToRotation() > 0)));
  }
}

// ---- Buttons ---------------------------------------------------------------------------------------------

$("live").addEventListener("click", () => {
  live = !live;
  $("live").setAttribute("aria-pressed", String(live));
  $("live").lastElementChild.textContent = live ? "Live: a call every 2.5 s" : "Paused: no calls";
});
$("call").addEventListener("click", () => act("call"));
$("revoke").addEventListener("click", () => act("revoke"));
$("rotate").addEventListener("click", () => act("rotate"));
$("restart").addEventListener("click", () => act("restart"));
$("down").addEventListener("click", () => act("down", true, `?down=${$("down").getAttribute("aria-pressed") !== "true"}`));
$("burst").addEventListener("click", () => act("burst"));

/** Does what a button says; `shown` is whether its outcome is told. One at a time. */
async function act(name, shown = true, query = "") {
  const button = $(name);
  if (working || button.getAttribute("aria-disabled") === "true") return;
  working = shown;
  if (shown) {
    setBusy(button, true);
    say("busy", "Under way.");
  }
  try {
    const result = await ({ burst, restart }[name] ?? post)(name, query);
    await caughtUp(result.event);
    const words = result.ok === false && !(name in outcomes) ? failure(result) : outcomes[name](result, usableFor());
    if (shown) say(...words);
  } catch {
    if (shown) say("bad", "The worker did not answer.");
  } finally {
    if (shown) {
      working = false;
      setBusy(button, false);
    }
  }
}

function setBusy(button, busy) {
  button.classList.toggle("working", busy);
  showEnabled();
}

function say(kind, text) {
  $("outcome-box").dataset.kind = kind;
  $("outcome").textContent = text;
}

async function post(name, query = "") {
  const response = await fetch(`/act/${name}${query}`, { method: "POST", headers: { "x-page": "gatepass" } });
  return response.json();
}

/** The worker's end breaks all of its connections; its new stream says that it is back. */
async function restart() {
  const back = new Promise((resolve, reject) => {
    begun = resolve;
    setTimeout(reject, RESTART);
  });
  await post("restart").catch(() => {});
  await back;
  return post("call");
}

/** Until the page shows what happened up to this event; not for ever: the stream may be another isolate's, or be away. */
async function caughtUp(event) {
  for (let waited = 0; newest < event && waited < BEHIND; waited += HOLD) await new Promise((resolve) => setTimeout(resolve, HOLD));
}

/** Calls in many requests to the worker: on Workers, too, they share one token request. */
async function burst() {
  await post("forget");
  const began = performance.now();
  const parts = await Promise.all(Array.from({ length: BURST.requests }, () => post("burst", `?calls=${BURST.calls}`)));
  const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
  return { calls: sum("calls"), ok: sum("ok"), failed: sum("failed"), requests: sum("requests"), waited: sum("waited"), event: Math.max(...parts.map(({ event }) => event)), ms: performance.now() - began };
}
