// Every way a value ends up in a log: what a secret must not be found in.

import { base64url } from "./jwt.mjs";

/**
 * @param {unknown} value
 * @param {string | string[]} texts any of which must not show
 * @returns {Promise<string | undefined>} where one of them shows, if it does
 */
export async function findLeak(value, texts) {
  return leakFinder([texts].flat())(value);
}

/** The same for many values. */
export function leakFinder(texts) {
  const forms = [...new Set(texts.flatMap(spellings))];
  // However often a text was quoted and escaped on its way.
  const shows = (rendering) => {
    const plain = rendering.replaceAll("\\", "");
    return forms.some((form) => rendering.includes(form) || plain.includes(form));
  };
  return async (value) => {
    const found = await renderings(value);
    // In one go, because there are many forms, and hardly ever a leak.
    if (!shows(found.map(([, rendering]) => rendering).join("\n"))) return undefined;
    return (found.find(([, rendering]) => shows(rendering)) ?? ["several renderings"])[0];
  };
}

/** The most of a long text that is looked for: its end, because tokens begin alike. */
const LONGEST = 64;

/** The spellings a text can have in the texts of servers and in renderings of them. */
function spellings(whole) {
  const text = whole.slice(-LONGEST);
  const each = (write) => [...text].map(write).join("");
  const always = [text, each((character) => `u${character.charCodeAt(0).toString(16).padStart(4, "0")}`), ...inBase64(text)];
  // All others leave such a text alone.
  if (/^[\w.-]+$/.test(text)) return always;
  const percent = encodeURIComponent(text);
  return [
    ...always,
    percent,
    percent.replaceAll(/%../g, (code) => code.toLowerCase()),
    encodeURIComponent(percent),
    new URLSearchParams([["", text]]).toString().slice(1),
    each((character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[character] ?? character),
    each((character) => (/[a-z0-9-]/i.test(character) ? character : `&#x${character.codePointAt(0).toString(16)};`)),
    JSON.stringify(text).slice(1, -1),
  ];
}

/** The text somewhere within base64: in each of its three positions, without the characters that its neighbours change. */
function inBase64(text) {
  return [0, 1, 2].flatMap((before) => {
    const encoded = base64url(" ".repeat(before) + text).slice(before === 0 ? 0 : before + 1, -1);
    return encoded.length < 8 ? [] : [encoded, encoded.replaceAll("-", "+").replaceAll("_", "/")];
  });
}

async function renderings(value) {
  const found = [];
  const add = (place, render) => {
    let rendering;
    try {
      rendering = render();
    } catch {
      return; // what cannot be rendered so cannot leak so
    }
    if (typeof rendering === "string") found.push([place, rendering]);
  };

  const inspect = inspector();
  let current = value;
  for (let depth = 0; current !== null && typeof current === "object" && depth < 5; depth += 1) {
    const at = (place) => (depth === 0 ? place : `${"cause.".repeat(depth)}${place}`);
    const subject = current;
    add(at("String()"), () => String(subject));
    add(at("JSON"), () => JSON.stringify(subject));
    add(at("message"), () => subject.message);
    add(at("stack"), () => subject.stack);
    for (const name of Object.getOwnPropertyNames(subject)) add(at(name), () => String(subject[name]));
    for (const symbol of Object.getOwnPropertySymbols(subject)) add(at(String(symbol)), () => String(subject[symbol]));
    add(at("structuredClone"), () => {
      const clone = structuredClone(subject);
      return `${JSON.stringify(clone)} ${clone.message} ${clone.stack}`;
    });
    for (const [name, render] of inspect) add(at(name), () => render(subject));
    current = subject.cause;
  }
  return found;
}

/** The inspectors behind `console.log`, as far as the runtime has them, told to show all they can. */
function inspector() {
  const found = [];
  const { Deno, Bun, process } = globalThis;
  if (Deno?.inspect) found.push(["Deno.inspect", (value) => Deno.inspect(value, { depth: 10, showHidden: true, getters: false })]);
  if (Bun?.inspect) found.push(["Bun.inspect", (value) => Bun.inspect(value, { depth: 10 })]);
  const util = process?.getBuiltinModule?.("node:util");
  if (util) found.push(["util.inspect", (value) => util.inspect(value, { depth: 10, showHidden: true })]);
  return found;
}
