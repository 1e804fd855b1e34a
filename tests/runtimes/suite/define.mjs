// How a test is written: `test("what a user sees", async (t) => { ... })`. `t` knows the servers, gives the test a tag of
// its own to be recognised by, and looks through every error the test met for a secret or a token.

import { Client, GatepassError } from "gatepass";
import { equal, fail, includes, ok, Skipped, thrownBy } from "../assert.mjs";
import { unlessStalled } from "../stalls.mjs";
import { PRINTED, PRINTED_ALL } from "./printed.mjs";
import { leakFinder } from "./renderings.mjs";

const TEST_TIMEOUT = 20_000;

/** Characters that a form must encode, and a mark to look for. */
export const CLIENT_SECRET = 'canary-secret +/=&%"é';
export const CLIENT_ID = "client +&=";

export const tests = [];

export function test(name, body) {
  if (tests.some((other) => other.name === name)) throw new Error(`two tests are named: ${name}`);
  tests.push({ name, body });
}

/**
 * Runs one, again where it fails while this machine stands still, if the suite's configuration says that it looks at time. A
 * secret that shows is no matter of time.
 * @returns {Promise<{ name: string, outcome: "passed" | "failed" | "skipped", message?: string, leaks: boolean, again: string[], milliseconds: number }>}
 *   `leaks`: whether a secret shows; `again`: why it was run again, if it was
 */
export async function runTest(one, config) {
  const again = [];
  let result;
  const body = async () => {
    result = await attempt(one, config);
    if (result.outcome === "failed" && !result.leaks) fail(result.message);
  };
  try {
    await (config.looksAtTime ? unlessStalled(body, (why) => again.push(why)) : body());
  } catch {
    // The result says it.
  }
  return { ...result, again };
}

async function attempt({ name, body }, config) {
  const began = Date.now();
  const t = new Context(config);
  const stopListening = t.listenToConsole();
  let outcome = "passed";
  let message;
  let leaks = false;
  let timer;
  try {
    await Promise.race([
      body(t),
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`took longer than ${TEST_TIMEOUT / 1000} s`)), TEST_TIMEOUT);
      }),
    ]);
    stopListening();
    t.printErrors();
  } catch (error) {
    outcome = error instanceof Skipped ? "skipped" : "failed";
    message = describe(error);
  }
  try {
    await t.checkErrors();
  } catch (error) {
    [outcome, message, leaks] = ["failed", describe(error), true];
  } finally {
    clearTimeout(timer);
    stopListening();
  }
  return { name, outcome, message, leaks, milliseconds: Date.now() - began };
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
  #events = [];
  #printed = [];
  #hidden = ["canary-secret", "canary-token"];

  constructor(config) {
    this.config = config;
    this.tag = `t-${config.run}-${(contexts += 1)}-${Math.random().toString(36).slice(2, 10)}`;
  }

  /** The address of a hostile token endpoint. */
  endpoint(name) {
    return `${this.config.hostile}/token/${name}/${this.tag}`;
  }

  /** The same, but it behaves from the second request on. */
  endpointOnce(name) {
    return `${this.config.hostile}/token-once/${name}/${this.tag}`;
  }

  /** An issuer whose metadata are this case, and name these cases of the endpoints. */
  issuer(name, { token = "ok", keys = "good", introspection = "active", revocation = "done" } = {}) {
    const places = [token, keys, introspection, revocation].join(".");
    return `${this.config.hostile}/issuer/${places === "ok.good.active.done" ? name : `${name}.${places}`}/${this.tag}`;
  }

  /** An API that wants DPoP. */
  resource(name) {
    return `${this.config.resources}/resource/${name}/${this.tag}`;
  }

  keys(name) {
    return `${this.config.hostile}/keys/${name}/${this.tag}`;
  }

  api(path) {
    return `${this.config.api}/${path}/${this.tag}`;
  }

  /** Options of a client of the hostile server. */
  options(changes = {}) {
    return { tokenEndpoint: this.endpoint("ok"), clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, ...changes };
  }

  client(changes) {
    return this.watch(Client, this.options(changes));
  }

  /** A client of this class's whose events are looked through as the errors are. */
  watch(Class, { onEvent, ...options }) {
    return new Class({
      ...options,
      onEvent: (event) => {
        this.#events.push(event);
        return onEvent?.(event);
      },
    });
  }

  /** A client whose server is found by discovery. */
  clientOf(issuer, { tokenEndpoint, ...changes } = {}) {
    const { tokenEndpoint: _, ...options } = this.options();
    return this.watch(Client, { ...options, issuer, ...changes });
  }

  /** What was told to the clients' listeners so far. */
  get events() {
    return this.#events;
  }

  /** Tells the strict cases of the hostile server who asks. */
  async register(client = {}) {
    const registration = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, ...client };
    await fetch(`${this.config.hostile}/_client/${this.tag}`, { method: "PUT", body: JSON.stringify(registration) });
  }

  /** Options of a client of the embedded Login 3.0. */
  login3Options(changes = {}) {
    const { domain, clientId, clientSecret, audience } = this.config.login3;
    return { domain, clientId, clientSecret, audience, ...changes };
  }

  /** Lets the key set addresses of this test serve these public keys. */
  async publish(...keys) {
    await fetch(`${this.config.hostile}/_keys/${this.tag}`, { method: "PUT", body: JSON.stringify({ keys }) });
  }

  /** The requests of this test that the hostile server saw. */
  seen() {
    return this.#ask(this.config.hostile);
  }

  seenByResources() {
    return this.#ask(this.config.resources);
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

  /** An error that nothing secret may show in; what it comes of, in a word. */
  note(error, what) {
    this.#errors.push([error, what]);
  }

  /** Runs `action`, which must fail with a GatepassError with these members; an array means any of them. */
  async rejects(action, expected) {
    const error = await thrownBy(action);
    this.note(error, error?.code);
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
    this.note(error, path);
    ok(error instanceof TypeError, `expected a TypeError, got ${error?.name}: ${error?.message}`);
    ok(error.message.startsWith("gatepass: "), `the message starts with "gatepass: ": ${error.message}`);
    includes(error.message, path, "message");
    return error;
  }

  /** No error, event or line of the console shows what must stay secret. */
  async checkErrors() {
    const hidden = [...new Set([...this.#hidden, ...privateParts(this.config), ...(await this.#sentInConfidence())])];
    const subjects = [
      ...this.#errors.map(([error, what]) => [what ?? error?.name, error]),
      ...this.#events.map((event) => [`event ${event.type}`, event]),
      ...this.#printed.map((values) => ["console", values]),
    ];
    const findLeak = leakFinder(hidden);
    for (const [what, subject] of subjects) {
      const leak = await findLeak(subject);
      if (leak) fail(`a secret, token, assertion, proof or key shows in ${leak} of: ${what}`);
    }
  }

  /** Prints what the test met, as a caller's own log would. Whoever runs the suite looks through what comes out. */
  printErrors() {
    console.error(PRINTED);
    for (const [error] of this.#errors) console.error(error);
    for (const event of this.#events) console.error(event);
    console.error(PRINTED_ALL);
  }

  /** The assertions, proofs and Basic credentials that the hostile server got, by what nobody can guess of them. */
  async #sentInConfidence() {
    if (!this.config.hostile) return [];
    return (await this.seen()).flatMap(({ headers, body }) => {
      const assertion = new URLSearchParams(body).get("client_assertion");
      const basic = /^Basic (\S{16,})$/.exec(headers.authorization ?? "")?.[1];
      const parts = [assertion, headers.dpop].filter(Boolean).flatMap((jwt) => jwt.split(".").slice(1));
      return [...parts.filter((part) => part.length >= 16), ...(basic ? [basic] : [])];
    });
  }

  /** Notes what is printed while the test runs. */
  listenToConsole() {
    const original = { ...console };
    for (const method of ["debug", "error", "info", "log", "trace", "warn"]) {
      console[method] = (...values) => this.#printed.push(values);
    }
    return () => Object.assign(console, original);
  }
}

/** Of each private key of the configuration: what is secret in its JWK, and a line of its PEM. */
function privateParts({ keys = {}, badKeys = {} }) {
  const pems = [...Object.values(keys).map(({ privatePem }) => privatePem), ...Object.values(badKeys)];
  return [
    ...Object.values(keys).map(({ privateJwk }) => privateJwk.d),
    ...pems.filter(Boolean).flatMap((pem) => pem.split("\n").filter((line) => line.length >= 32 && !line.startsWith("-"))),
  ];
}
