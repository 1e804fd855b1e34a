// Options from an environment: process.env, Deno.env.toObject(), or the env of a Worker.

import { read } from "../../src/host/web/snapshot.js";
import { snapshot } from "#glue";

/** The options that `names` finds in `env`, under those of `overrides`. */
export function fromEnvironment(env, overrides, names) {
  if (typeof env !== "object" || env === null) throw new TypeError("gatepass: env must be an object");
  const given = overrides === undefined ? {} : snapshot(overrides, "overrides");
  const options = { ...given };
  // A server named by an override replaces the one of the environment, however that names it.
  const places = ["domain", "issuer", "tokenEndpoint"];
  const hasPlace = places.some((place) => given[place] !== undefined);
  for (const [variable, option] of Object.entries(names)) {
    const value = read(() => env[variable], `env.${variable}`);
    // Shells and dashboards write "not set" as the empty string.
    if (value === undefined || value === "" || given[option] !== undefined) continue;
    if (hasPlace && places.includes(option)) continue;
    if (typeof value !== "string") throw new TypeError(`gatepass: env.${variable} must be a string`);
    options[option] = value;
  }
  return options;
}
