import { durableObject } from "gatepass/stores/durable-object";
import app from "./app.mjs";

export { TokenBroker } from "gatepass/stores/durable-object";

export default { fetch: (request, env, ctx) => app.fetch(request, { ...env, STORE: durableObject(env.TOKENS) }, ctx) };
