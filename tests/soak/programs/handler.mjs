// What every member does with a request: it makes a client and a verifier, as a handler does, gets a token, calls the API
// with it, and verifies it. What fails is told by step and code.

// First: it looks at the memory of the instance that gatepass makes.
import { measure } from "./instruments.mjs";
import { Client, GatepassError, Verifier } from "gatepass";
import { upstash } from "gatepass/stores/redis";
import config from "./config.mjs";

// Plain data, which requests of one isolate may share.
const events = {};
const store = config.store && upstash(config.store);

export async function handle(path, ctx) {
  if (path === "/state") return { ...measure(), events };
  const client = new Client({ ...config.client, store, onEvent: ({ type }) => (events[type] = (events[type] ?? 0) + 1) });
  const verifier = new Verifier(config.verifier);
  const errors = [];
  const step = async (name, action) => {
    try {
      return await action();
    } catch (error) {
      errors.push({ step: name, code: error instanceof GatepassError ? error.code : String(error) });
      return undefined;
    }
  };
  const token = await step("token", () => client.getToken({ ctx }));
  if (token !== undefined) {
    await step("api", async () => {
      const response = await client.callApi(`${config.api}${path}`, { ctx });
      const text = await response.text();
      if (!response.ok) errors.push({ step: "api", code: String(response.status) });
      else if (text !== path) errors.push({ step: "api", code: "another request's answer" });
    });
    await step("verify", () => verifier.verifyAccessToken(token.accessToken));
  }
  return { errors };
}
