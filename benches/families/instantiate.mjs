import { join } from "node:path";
import { startWorker } from "../../tests/runtimes/worker.mjs";
import { processHosts, workerdLabel } from "../measuring/hosts.mjs";
import { rowsOf } from "../measuring/statistics.mjs";

export default {
  name: "instantiate",
  title: "Compiling and instantiating the wasm",
  packages: [],
  about: "Of gatepass's wasm, in a new process each time, and of a module without anything in it. In workerd the loader has compiled the module before a request comes: what is measured is the part of the first request that instantiates it.",
  measure,
};

async function measure({ project, starts, warmUps, note, only }) {
  const block = { name: "once in each process", unit: "ms", columns: [] };
  for (const { label, run } of await processHosts(project, only)) {
    note(label);
    const found = {};
    for (let round = -warmUps; round < starts; round += 1) {
      const times = await run("instantiate.mjs");
      if (round >= 0) for (const [name, milliseconds] of Object.entries(times)) (found[name] ??= []).push(milliseconds);
    }
    block.columns.push({ name: label, rows: rowsOf(found) });
  }
  if (!only || only.includes("workerd")) {
    const label = await workerdLabel();
    note(label);
    const samples = [];
    for (let round = 0; round < starts; round += 1) samples.push(await inWorkerd(project));
    block.columns.push({ name: label, rows: rowsOf({ "gatepass, instantiate": samples }) });
  }
  return { blocks: [block] };
}

async function inWorkerd(project) {
  const { origin, end } = await startWorker({ entry: join(project, "instantiate-worker.mjs"), directory: join(project, ".instantiate-worker") });
  const asked = async (path) => {
    const began = performance.now();
    await (await fetch(`${origin}${path}`)).text();
    return performance.now() - began;
  };
  try {
    const nothing = [];
    for (let number = 0; number < 20; number += 1) nothing.push(await asked("/"));
    return Math.max(0.001, (await asked("/init")) - Math.min(...nothing));
  } finally {
    await end();
  }
}
