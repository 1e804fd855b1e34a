import { processHosts } from "../measuring/hosts.mjs";
import { kindByName, ratioTo, summary } from "../measuring/statistics.mjs";

const CURVES = [
  { curve: "tokens", name: "getToken() by tokens asked for", x: "tokens asked for before", sizes: [1, 10, 100, 1000, 10_000, 100_000] },
  { curve: "keys", name: "verifying by keys in the set", x: "keys in the set", sizes: [1, 3, 10, 30, 64, 100] },
  { curve: "bytes", name: "verifying by bytes of the token", x: "bytes of the token", sizes: [200, 512, 1024, 4096, 16_384] },
];

export default {
  name: "growth",
  title: "What grows with tokens, keys and bytes",
  packages: ["@badgateway/oauth2-client", "@azure/msal-node", "jose", "fast-jwt", "aws-jwt-verify"],
  about: "On Node.js 24. Tokens: the one asked for last, from memory, after so many others; gatepass keeps 1 000 of them, the peers all. A peer that takes more than 15 s to take them in is left out from there on. Keys: ES256, every token new and signed with the last key of the set; gatepass takes sets of at most 64 keys. Bytes: HS256, every token new, or, \"repeated\" and \"cache\", one again and again; gatepass refuses tokens of more than 16 KiB. × compares with gatepass's column before it.",
  measure,
};

async function measure({ project, pace, note, most }) {
  const [{ label, run }] = await processHosts(project, ["node24"]);
  const curves = [];
  for (const { curve, name, x, sizes } of CURVES) {
    note(`${label}: ${name}`);
    const taken = curve === "tokens" ? sizes.filter((size) => size <= most) : sizes;
    const found = await run("growth.mjs", JSON.stringify({ curve, sizes: taken, pace }));
    const series = new Map();
    for (const [size, ways] of Object.entries(found)) {
      let ours;
      for (const [way, samples] of Object.entries(ways)) {
        const kind = kindByName(way);
        if (kind === "gatepass") ours = samples;
        if (!series.has(way)) series.set(way, { name: way, kind, points: [] });
        series.get(way).points.push({ x: Number(size), ...summary(samples), ...(kind !== "gatepass" && ours && ratioTo(ours, samples)) });
      }
    }
    curves.push({ name, x, unit: "µs", series: [...series.values()] });
  }
  return { curves };
}
