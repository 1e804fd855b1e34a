// Code of the caller's that runs while gatepass does: it may call gatepass itself, at once, and it may throw. Neither costs
// the next call anything.

import { Client, Verifier } from "gatepass";
import { equal, ok, thrownBy } from "../assert.mjs";
import { CLIENT_SECRET, test } from "./define.mjs";
import { AUDIENCE, ISSUER, signToken } from "./jwt.mjs";
import { memoryStore } from "./memory-store.mjs";

/** Where code of the caller's runs within a call: options of a client in which `run` is called first. */
const PLACES = {
  "its fetch": (run) => ({
    fetch(input, init) {
      run();
      return fetch(input, init);
    },
  }),
  "its onEvent": (run) => ({ onEvent: run }),
  "its clientSecret": (run) => ({
    clientSecret() {
      run();
      return CLIENT_SECRET;
    },
  }),
  "its waitUntil": (run) => ({ waitUntil: run }),
  ...Object.fromEntries(["get", "set", "delete", "acquire"].map((operation) => [`its store's ${operation}`, (run) => {
    const store = memoryStore();
    const original = store[operation];
    store[operation] = (...args) => {
      run();
      return original(...args);
    };
    return { store };
  }])),
};

/** What it may call: the same client, another one, or a verifier. Each is given what it needs. */
const CALLS = {
  "getToken of the same client": ({ client }) => client.getToken(),
  "getToken for another audience": ({ client }) => client.getToken({ audience: "https://inner.example" }),
  "getToken of another client": ({ t }) => t.client({ audience: "https://other.example" }).getToken(),
  callApi: ({ t, client }) => client.callApi(t.api("echo")),
  invalidate: ({ client }) => client.invalidate(),
  explain: ({ client }) => client.explain(),
  verifyAccessToken: ({ verifier, token }) => verifier.verifyAccessToken(token),
};

/** A call that meets every place: a token, which is forgotten and had again. */
async function callAll(client) {
  await client.getToken();
  await client.invalidate();
  return client.getToken();
}

for (const [where, optionsOf] of Object.entries(PLACES)) {
  test(`what is called within ${where} is answered, and so is the call it came within`, async (t) => {
    await t.publish(t.config.keys.rs256.publicJwk);
    const token = await signToken(t);
    for (const [what, call] of Object.entries(CALLS)) {
      const inner = [];
      let within = false;
      // Only from the outermost call: what it calls would call without end.
      const client = t.client({
        audience: `https://${Object.keys(CALLS).indexOf(what)}.example`,
        ...optionsOf(() => {
          if (within || inner.length >= 5) return;
          within = true;
          try {
            inner.push(Promise.resolve(call({ t, client, verifier, token })).then(() => "answered", (error) => `${error}`));
          } finally {
            within = false;
          }
        }),
      });
      const verifier = new Verifier({ issuer: ISSUER, jwksUri: t.keys("good"), audience: AUDIENCE });
      ok((await callAll(client)).accessToken, `${what}: the token of the outer call`);
      ok(inner.length > 0, `${what}: it was called`);
      for (const outcome of await Promise.all(inner)) equal(outcome, "answered", what);
      ok((await client.getToken()).accessToken, `${what}: the next call`);
    }
  });

  test(`what throws within ${where} harms no other call, however often`, async (t) => {
    const mine = new Error("not today");
    let thrown = 0;
    const options = optionsOf(() => {
      thrown += 1;
      throw mine;
    });
    const client = new Client({ ...t.options({ retry: { attempts: 1, hold: 0 } }), ...options });
    // Another token each time: a lock that cannot be deleted would be waited for.
    for (let turn = 0; turn < 20; turn += 1) {
      await client.getToken({ audience: `https://${turn}.example` }).catch((error) => {
        ok(error.cause === mine, `the cause of ${error}`);
        t.note(error, error.code);
      });
    }
    ok(thrown > 0, "it threw");
    equal((await t.client({ audience: "https://after.example" }).getToken()).source, "network", "the next call");
  });
}

test("a signal that throws when it is looked at costs its own call only", async (t) => {
  const mine = new Error("not today");
  const client = t.client();
  const never = () => {};
  const raises = () => {
    throw mine;
  };
  for (const signal of [
    Object.defineProperty({ throwIfAborted: never }, "addEventListener", { get: raises }),
    { addEventListener: raises, removeEventListener: never, throwIfAborted: never, aborted: false },
    { addEventListener: never, removeEventListener: never, throwIfAborted: raises, get aborted() { return raises(); } },
  ]) {
    const error = await thrownBy(() => client.getToken({ audience: "https://a.example", signal }));
    ok(error === mine || error instanceof TypeError, `the error: ${error}`);
    ok((await client.getToken()).accessToken, "the next call");
  }
});

test("a token that no header holds is refused, and memory stays as it is", async (t) => {
  const sized = (bytes) => async () => Response.json({ access_token: `canary-token-${t.tag}`.padEnd(bytes, "x"), token_type: "Bearer", expires_in: 3600 });
  equal((await t.client({ audience: "https://fits.example", fetch: sized(65_536) }).getToken()).accessToken.length, 65_536, "the largest token");
  const client = t.client({ fetch: sized(65_537), retry: { attempts: 1, hold: 0 } });
  for (let turn = 0; turn < 20; turn += 1) await t.rejects(() => client.getToken({ audience: `https://${turn}.example` }), { code: "unreadable_response" });
});

test("timers that run at once, as tests make them, cost nobody an answer", async (t) => {
  await t.publish(t.config.keys.rs256.publicJwk);
  const token = await signToken(t);
  const { setTimeout } = globalThis;
  // Longer ones are limits: those of gatepass that pass for ever, and those of the test.
  globalThis.setTimeout = (run, millis, ...more) => (millis < 100 ? run() : setTimeout(run, millis, ...more));
  try {
    for (const maxAge of [1000, 1001]) {
      const verifier = new Verifier({ issuer: ISSUER, jwksUri: t.keys("good"), audience: AUDIENCE, maxAge });
      equal((await verifier.verifyAccessToken(token)).iss, ISSUER, "iss");
    }
    ok((await t.client({ audience: "https://at-once.example" }).getToken()).accessToken, "a token");
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});
