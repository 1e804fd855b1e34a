// Options from an environment: process.env, Deno.env.toObject(), or the env of a Worker.

import { snapshot } from "#glue";

/** Options that stand for each other: one of an override's replaces whichever the environment has. */
const GROUPS = [
  ["domain", "issuer", "tokenEndpoint"],
  ["clientSecret", "privateKey", "clientAssertion", "mtls"],
];

/**
 * The options that `names` finds in `env`, under those of `overrides`. Of each list in `required`,
 * one variable must be there unless an override stands for it; all that are not are named.
 */
export function fromEnvironment(env, overrides, names, required) {
  if (typeof env !== "object" || env === null) throw new TypeError("gatepass: env must be an object");
  const options = overrides === undefined ? {} : { ...snapshot(overrides, "overrides") };
  const overridden = GROUPS.filter((group) => group.some((name) => options[name] !== undefined)).flat();
  if (options.authMethod === "none") overridden.push("clientSecret");
  const given = (variable) => options[names[variable]] !== undefined;
  for (const [variable, option] of Object.entries(names)) {
    if (given(variable) || overridden.includes(option)) continue;
    const value = valueOf(env, variable);
    // Shells and dashboards write "not set" as the empty string.
    if (value === undefined || value === "") continue;
    if (typeof value !== "string") throw new TypeError(`gatepass: env.${variable} must be a string`);
    options[option] = value;
  }
  // All at once: on Workers a deployment lies between two attempts.
  const missing = [];
  for (const variables of required) {
    const found = variables.filter(given);
    const isOverridden = overridden.includes(names[variables[0]]);
    if (found.length === 0 && !isOverridden) missing.push(variables.join(" or "));
    if (found.length > 1 && !isOverridden) throw new TypeError(`gatepass: of ${found.join(" and ")} only one may be set`);
  }
  if (missing.length > 0) throw new TypeError(`gatepass: ${missing.join(", and ")} must be set and not empty`);
  return options;
}

function valueOf(env, variable) {
  try {
    return env[variable];
  } catch (cause) {
    throw new TypeError(`gatepass: env.${variable} could not be read`, { cause });
  }
}
