// What the tests of the JavaScript surface share: option objects with a scripted, counting fetch,
// and everything a value can be rendered as.

const inspect = globalThis.process.getBuiltinModule("node:util").inspect;
let servers = 0;

/** A JavaScript expression's value. */
export function js(expression) {
  return (0, eval)(`(${expression})`);
}

/**
 * Options for a server of their own. `answer` is an expression for a function of the request and
 * its number, counted from 1; `overrides` one for an object.
 */
export function options(base, answer, overrides) {
  servers += 1;
  const respond = js(answer);
  const seen = [];
  const fetch = async (input, init) => {
    const request = new Request(input, init);
    seen.push(request);
    try {
      return await respond(request, seen.length);
    } catch (error) {
      fetch.thrown = error;
      throw error;
    }
  };
  fetch.seen = seen;
  const place = base === "client" ? { tokenEndpoint: `https://as${servers}.example/token` } : { issuer: `https://as${servers}.example/` };
  const rest = base === "client" ? { clientId: "my-client", clientSecret: "canary-secret" } : { jwksUri: `https://as${servers}.example/keys`, audience: "me" };
  const defaults = { ...place, ...rest, fetch };
  // Descriptors, so that a getter stays one.
  const given = Object.getOwnPropertyDescriptors(js(overrides));
  return Object.defineProperties(defaults, given);
}

/** Everything people turn a value into without asking for its parts. */
export function renderings(value) {
  const cloned = attempt(() => structuredClone(value));
  const texts = [String(value), `${value?.message}`, `${value?.stack}`, JSON.stringify(value), JSON.stringify({ ...value }), JSON.stringify(cloned)];
  for (const shown of [value, cloned]) {
    // Whoever asks for getters to be run without the object's own say asks for the value itself.
    for (const how of [{}, { getters: true }, { customInspect: false }]) texts.push(inspect(shown, { showHidden: true, depth: 20, ...how }));
  }
  for (const key of Reflect.ownKeys(value)) texts.push(String(key), attempt(() => String(value[key])));
  return texts.join("\n");
}

function attempt(action) {
  try {
    return action();
  } catch (error) {
    return `${error}`;
  }
}
