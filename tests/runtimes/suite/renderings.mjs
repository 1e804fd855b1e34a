// Every way a value ends up in a log: what a secret must not be found in.

import { base64url } from "./jwt.mjs";

/**
 * @returns {Promise<string | undefined>} where the text shows, if it does
 */
export async function findLeak(value, text) {
  const encoded = [text, encodeURIComponent(text), new URLSearchParams([["", text]]).toString().slice(1), base64url(text)];
  for (const [place, rendering] of await renderings(value)) {
    if (encoded.some((form) => rendering.includes(form))) return place;
  }
  return undefined;
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
