// The list of what happened, newest first, and how often what.

import { wordsFor } from "./words.js";

const LINES = 80;
const counts = { calls: 0, memory: 0, store: 0, network: 0 };
let list;
let last;

export function startLog(element) {
  list = element;
}

/** Adds an event, and counts it. */
export function tell(event) {
  count(event);
  const words = wordsFor(event);
  if (!words) return;
  const [tone, text] = words;
  if (last?.text === text) {
    last.times += 1;
    last.mark.textContent = `× ${last.times}`;
    return;
  }
  const line = document.createElement("li");
  line.className = tone;
  const time = document.createElement("time");
  const at = new Date(event.at);
  time.dateTime = at.toISOString();
  time.textContent = `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, "0").slice(0, 1)}`;
  const [dot, said, mark] = ["i", "span", "em"].map((name) => document.createElement(name));
  said.textContent = text;
  line.append(time, dot, said, mark);
  list.prepend(line);
  while (list.children.length > LINES) list.lastChild.remove();
  last = { text, times: 1, mark };
}

function count(event) {
  if (event.type === "step" && event.step === "api" && !event.failed) counts.calls += 1;
  if (event.type === "token_requested") counts.network += 1;
  if (event.type === "token_served" && event.source !== "network") counts[event.source] += 1;
  if (event.type === "burst") {
    counts.calls += event.calls;
    counts.memory += event.sources.memory;
    counts.store += event.sources.store;
  }
  for (const [name, value] of Object.entries(counts)) document.getElementById(`n-${name}`).textContent = value.toLocaleString("en");
}
