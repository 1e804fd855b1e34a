import { connect } from "../../tests/engine/connections.mjs";
import { within } from "../../tests/runtimes/launch.mjs";
import { sendJson, startRecording } from "../../tests/servers/recording.mjs";
import { setTimeout as sleep } from "node:timers/promises";
import { processHosts, startWorkers, workerdLabel } from "../measuring/hosts.mjs";
import { rowsOf } from "../measuring/statistics.mjs";
import { NODE_TOKEN_CLIENTS } from "../programs/node-token-clients.mjs";
import { TOKEN_CLIENTS } from "../programs/token-clients.mjs";

const LATENCY = 50;
/** On workerd a caller might wait for ever. */
const PATIENCE = 15_000;

export default {
  name: "burst",
  title: "A thousand callers and no token yet",
  packages: ["openid-client", "oauth4webapi", "@badgateway/oauth2-client", "@azure/msal-node", "google-auth-library"],
  about: `1 000 callers of one client ask for a token at the same time, the first of its process; the token endpoint, on this machine, takes ${LATENCY} ms. How many token requests it gets, and how long it takes until the last caller has the token. In workerd each caller is a request of its own to one isolate. Callers that got no token, in workerd within ${PATIENCE / 1000} s, are counted. google-auth-library has no client credentials grant: its refresh token grant is used.`,
  measure,
};

async function measure({ project, callers, bursts: rounds, note, only }) {
  const counts = new Map();
  const server = await startRecording(async ({ response, url }) => {
    counts.set(url.pathname, (counts.get(url.pathname) ?? 0) + 1);
    await sleep(LATENCY);
    sendJson(response, 200, { access_token: "t".repeat(800), token_type: "Bearer", expires_in: 3600 });
  });
  const requests = { name: "token requests", unit: "requests", columns: [] };
  const times = { name: "until all have the token", unit: "ms", columns: [] };
  const add = (label, place, found) => {
    const failed = (row) => {
      const most = Math.max(...found[row.name].map((burst) => burst.failed));
      return most > 0 ? { ...row, failed: most } : row;
    };
    const asked = mapped(found, (name, bursts) => bursts.map((_, round) => counts.get(`/${place}/${encodeURIComponent(name)}/${round}`) ?? 0));
    requests.columns.push({ name: label, rows: rowsOf(asked).map(failed) });
    times.columns.push({ name: label, rows: rowsOf(mapped(found, (_, bursts) => bursts.map(({ milliseconds }) => milliseconds))).map(failed) });
  };
  try {
    for (const { host, label, run } of await processHosts(project, only)) {
      note(label);
      add(label, host, await run("burst.mjs", JSON.stringify({ endpoint: `${server.origin}/${host}`, callers, rounds })));
    }
    if (!only || only.includes("workerd")) {
      const label = await workerdLabel();
      note(label);
      add(label, "workerd", await inWorkerd(project, `${server.origin}/workerd`, callers, rounds));
    }
  } finally {
    await server.close();
  }
  return { blocks: [requests, times], callers };
}

async function inWorkerd(project, ENDPOINT, callers, rounds) {
  const [plain, node] = await startWorkers(project, { bindings: { ENDPOINT } });
  const found = {};
  try {
    for (const [worker, clients] of [[plain, TOKEN_CLIENTS], [node, NODE_TOKEN_CLIENTS]]) {
      for (const name of Object.keys(clients)) found[name] = [];
      for (let round = -1; round < rounds; round += 1) {
        for (const name of Object.keys(clients)) {
          const connections = await connect(new URL(worker.origin).port, callers);
          const began = performance.now();
          const answers = await Promise.all(connections.map((connection) => within(PATIENCE, connection.post(`/burst/${encodeURIComponent(name)}/${round}`))));
          const milliseconds = performance.now() - began;
          for (const connection of connections) connection.reset();
          if (round >= 0) found[name].push({ milliseconds, failed: answers.filter((answer) => answer?.status !== 200).length });
        }
      }
    }
  } finally {
    await plain.end();
    await node.end();
  }
  return found;
}

const mapped = (object, change) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(name, value)]));
