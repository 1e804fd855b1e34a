// A thousand calls under way when the API begins to refuse their token.

import { equal, fail, ok, same } from "../runtimes/assert.mjs";
import { startTokenEndpoint } from "../servers/token-endpoint.mjs";
import { startCountingApi } from "./api.mjs";
import { HOSTS, makeCalls } from "./hosts.mjs";
import { bodyOf } from "./programs/kinds.mjs";
import { clientOf } from "./setting.mjs";

const COUNT = 1_000;
/** The token is revoked when so many calls have arrived. */
const REVOKED_AFTER = 300;

export const revokedTests = (project, note) => HOSTS.map((host) => ({
  what: `${host}: when the API begins to refuse the token of ${COUNT} concurrent calls, one renews it and none is lost`,
  async body() {
    const endpoint = await startTokenEndpoint({ latency: 100 });
    const api = await startCountingApi();
    api.state.latency = 50;
    api.state.onCall = (received, token) => {
      if (received === REVOKED_AFTER) api.revoke(token);
    };
    try {
      const config = { client: clientOf(endpoint), origin: api.origin };
      const results = await makeCalls(host, project, "revoked", config, { count: COUNT, atOnce: COUNT });
      const refused = [...api.calls.values()].filter((requests) => requests.some(({ token }) => api.isRevoked(token))).length;
      note(`${host}: ${refused} calls with the revoked token, ${endpoint.requests.length - 1} renewals, ${api.state.received} API requests`);
      ok(refused > COUNT / 5, `only ${refused} calls had the revoked token`);
      equal(endpoint.requests.length, 2, "token requests");
      results.forEach((result, number) => judge(result, number, api));
      ok(results.some(({ status }) => status === 401), "streams that were refused are handed back");
    } finally {
      await Promise.all([endpoint.close(), api.close()]);
    }
  },
}));

function judge({ status, answer, error }, number, api) {
  const requests = api.calls.get(String(number));
  const kind = bodyOf(number);
  if (error) fail(`call ${number}, ${kind}, failed: ${error}`);
  equal(new Set(requests.map(({ token }) => token)).size, requests.length, `requests of call ${number}, ${kind}, with the same token`);
  if (kind === "stream") {
    equal(requests.length, 1, `requests of call ${number}, a stream`);
    if (status === 401) return same(answer, { refused: true }, `the refusal of call ${number}`);
  }
  ok(requests.length <= 2, `call ${number} was sent ${requests.length} times`);
  equal(status, 200, `status of call ${number}, ${kind}`);
  const text = `body of ${number}`;
  return equal(answer.body, { none: "", json: JSON.stringify(text), stream: text }[kind], `body of call ${number}`);
}
