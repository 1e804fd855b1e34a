// How a test is written: `test("what a user sees", async (t) => { ... })`. `t` knows the servers, gives the test a tag of
// its own to be recognised by, and looks through every error the test met for a secret or a token.

import { Client, GatepassError } from "gatepass";
import { equal, fail, includes, ok, Skipped, thrownBy } from "../assert.mjs";
import { findLeak } from "./renderings.mjs";

const TEST_TIMEOUT = 20_000;

/** Characters that a form must encode, and a mark to look for. */
export const CLIENT_SECRET = 'canary-secret +/=&%"é';
export const CLIENT_ID = "client +&=";

export const tests = [];

export function test(name, body) {
  if (tests.some((other) => other.name === name)) throw new Error(`two tests are named: ${name}`);
  tests.push({ name, body });
}

/** @returns {Promise<{ name: string, outcome: "passed" | "failed" | "skipped", message?: string, milliseconds: number }>} */
export async function runTest({ name, body }, config) {
  const began = Date.now();
  const t = new Context(config);
  let outcome = "passed";
  let message;
  let timer;
  try {
    await Promise.race([
      body(t),
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`took longer than ${TEST_TIMEOUT / 1000} s`)), TEST_TIMEOUT);
      }),
    ]);
    await t.checkErrors();
  } catch (error) {
    outcome = error instanceof Skipped ? "skipped" : "failed";
    message = describe(error);
  } finally {
    clearTimeout(timer);
  }
  return { name, outcome, message, milliseconds: Date.now() - began };
}

export async function runAll(config, report) {
  for (const one of tests) report(await runTest(one, config));
}

/** One line: what went wrong and, where the runtime tells, where in the suite. */
function describe(error) {
  const text = error?.name === "AssertionError" ? error.message : String(error);
  const place = /(suite\/(?!define|assert)[\w-]+\.mjs:\d+)/.exec(error?.stack ?? "")?.[1];
  return text.replaceAll(/\s*\n\s*/g, " | ") + (place ? ` (${place})` : "");
}

let contexts = 0;

class Context {
  #errors = [];
  #hidden = ["canary-secret", "canary-token"];

  constructor(config) {
    this.config = config;
    this.tag = `t-${config.run}-${(contexts += 1)}-${Math.random().toString(36).slice(2, 10)}`;
  }

  /** The address of a misbehaving token endpoint. */
  endpoint(name) {
    return `${this.config.misbehaving}/token/${name}/${this.tag}`;
  }

  /** The same, but it behaves from the second request on. */
  endpointOnce(name) {
    return `${this.config.misbehaving}/token-once/${name}/${this.tag}`;
  }

  issuer(name) {
    return `${this.config.misbehaving}/issuer/${name}/${this.tag}`;
  }

  keys(name) {
    return `${this.config.misbehaving}/keys/${name}/${this.tag}`;
  }

  api(path) {
    return `${this.config.api}/${path}/${this.tag}`;
  }

  /** Options of a client of the misbehaving server. */
  options(changes = {}) {
    return { tokenEndpoint: this.endpoint("ok"), clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, ...changes };
  }

  client(changes) {
    return new Client(this.options(changes));
  }

  /** Options of a client of the embedded Login 3.0. */
  login3Options(changes = {}) {
    const { domain, clientId, clientSecret, audience } = this.config.login3;
    return { domain, clientId, clientSecret, audience, ...changes };
  }

  /** Lets the key set addresses of this test serve these public keys. */
  async publish(...keys) {
    await fetch(`${this.config.misbehaving}/_keys/${this.tag}`, { method: "PUT", body: JSON.stringify({ keys }) });
  }

  /** The requests of this test that the misbehaving server saw. */
  seen() {
    return this.#ask(this.config.misbehaving);
  }

  seenByApi() {
    return this.#ask(this.config.api);
  }

  seenElsewhere() {
    return this.#ask(this.config.elsewhere);
  }

  /** Redirects lead elsewhere; nothing may ever have followed one. */
  async nothingWentElsewhere() {
    equal((await this.seenElsewhere()).length, 0, "requests that followed a redirect");
  }

  async nothingWasSent() {
    equal((await this.seen()).length, 0, "requests sent to the authorization server");
    equal((await this.seenByApi()).length, 0, "requests sent to the API");
  }

  async #ask(origin) {
    return (await fetch(`${origin}/_seen/${this.tag}`)).json();
  }

  /** This text, a token usually, must not show in any error of this test. */
  hide(text) {
    this.#hidden.push(text);
    return text;
  }

  /** Runs `action`, which must fail with a GatepassError with these members; an array means any of them. */
  async rejects(action, expected) {
    const error = await thrownBy(action);
    this.#errors.push(error);
    ok(error instanceof Error, "what is thrown is an Error");
    ok(error instanceof GatepassError, `expected a GatepassError, got ${error.name}: ${error.message}`);
    equal(error.name, "GatepassError", "name");
    equal(typeof error.retryable, "boolean", "the type of retryable");
    ok(typeof error.message === "string" && error.message.length > 0 && error.message.length <= 2_000, "message is of a readable length");
    for (const [member, wanted] of Object.entries(expected)) {
      const actual = error[member];
      if (!(Array.isArray(wanted) ? wanted : [wanted]).includes(actual)) {
        fail(`${member}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)} (${error.code}: ${error.message})`);
      }
    }
    return error;
  }

  /** Runs `action`, which must fail with a TypeError that names the option's path. */
  async isTypeError(action, path) {
    const error = await thrownBy(action);
    this.#errors.push(error);
    ok(error instanceof TypeError, `expected a TypeError, got ${error?.name}: ${error?.message}`);
    ok(error.message.startsWith("gatepass: "), `the message starts with "gatepass: ": ${error.message}`);
    includes(error.message, path, "message");
    return error;
  }

  async checkErrors() {
    for (const error of this.#errors) {
      for (const text of this.#hidden) {
        const place = await findLeak(error, text);
        if (place) fail(`a secret or token shows in ${place} of: ${error.code ?? error.name}`);
      }
    }
  }
}
