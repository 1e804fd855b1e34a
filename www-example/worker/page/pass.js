// The token as a pass: what it says, how long it lasts, what was checked.

import { milliseconds, plural } from "./words.js";

const $ = (id) => document.getElementById(id);
const DATES = ["exp", "iat", "nbf"];
let token;
let offset = 0; // ms by which the worker's clock is ahead of this one

const now = () => Date.now() + offset;

/** @param {number} workersNow `Date.now()` of the worker */
export function setClock(workersNow) {
  offset = workersNow - Date.now();
}

/** Seconds for which the token at hand is handed out. */
export const usableFor = () => (token?.usableUntil ? Math.max(0, (Date.parse(token.usableUntil) - now()) / 1000) : 0);

export function showToken(next) {
  const before = token;
  token = next;
  $("pass").dataset.verdict = "good";
  $("stamp").textContent = "VERIFIED";
  $("pass-type").textContent = token.tokenType;
  rows($("header"), token.header ?? {}, before?.header);
  rows($("claims"), token.claims ?? {}, before?.claims);
  $("checks").replaceChildren(...token.checks.map(([what, value]) => {
    const item = document.createElement("li");
    item.dataset.ok = "true";
    item.dataset.check = what;
    const [name, text] = [document.createElement("b"), document.createElement("span")];
    name.textContent = what;
    text.textContent = value;
    item.append(name, text);
    return item;
  }));
  $("checked").textContent = `${plural(token.checks.length, "check")} in ${milliseconds(token.ms)}`;
  const stamp = document.querySelector(".stamp");
  stamp.classList.remove("hit");
  stamp.getBoundingClientRect(); // so that the animation begins anew
  stamp.classList.add("hit");
  showTimes();
}

function rows(list, values, before) {
  list.replaceChildren(...Object.entries(values).flatMap(([name, value]) => {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    text.textContent = typeof value === "string" ? value : JSON.stringify(value);
    if (DATES.includes(name)) {
      const time = document.createElement("small");
      time.textContent = ` ${new Date(value * 1000).toTimeString().slice(0, 8)}`;
      text.append(time);
    }
    if (before && JSON.stringify(before[name]) !== JSON.stringify(value)) text.className = "new";
    return [term, text];
  }));
}

function showTimes() {
  const [from, renew, usable, end] = [token.receivedAt, token.renewAt, token.usableUntil, token.expiresAt].map(Date.parse);
  if (Number.isNaN(from)) return;
  const track = $("track");
  for (const [index, length] of [renew - from, usable - renew, end - usable].entries()) {
    track.children[index].style.setProperty("--part", String(Math.max(0, length)));
  }
  $("fresh-until").textContent = `${Math.round((renew - from) / 1000)} s`;
  $("due-until").textContent = `${Math.round((usable - renew) / 1000)} s`;
}

/** Moves the clock on. Resolves to what the token is now. */
export function tick() {
  if (!token) return "none";
  const at = now();
  const [from, renew, usable, end] = [token.receivedAt, token.renewAt, token.usableUntil, token.expiresAt].map(Date.parse);
  const left = Math.max(0, end - at);
  $("left").textContent = (left / 1000).toFixed(1);
  $("track").style.setProperty("--now", `${Math.min(100, Math.max(0, ((at - from) / (end - from)) * 100))}%`);
  const state = at < renew ? "fresh" : at < usable ? "due" : left > 0 ? "late" : "over";
  const pass = $("pass");
  if (pass.dataset.state !== state) {
    pass.dataset.state = state;
    if (state === "over") {
      pass.dataset.verdict = "bad";
      $("stamp").textContent = "OVER";
      const times = document.querySelector('#checks [data-check="times"]');
      times.dataset.ok = "false";
      times.lastChild.textContent = "it has ended";
      $("checked").textContent = "No API takes it any more.";
    }
  }
  return state;
}
