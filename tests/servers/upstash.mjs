// Not Upstash: an HTTP front of the tests' own, before a real Redis, that speaks what Upstash documents of its REST API
// (https://upstash.com/docs/redis/features/restapi): POST of a command as a JSON array, answered by `{ result }` or `{ error }`.

import { sendJson, startRecording } from "./recording.mjs";

/** @param {{ redis: import("redis").RedisClientType, token: string }} settings */
export async function startUpstash({ redis, token }) {
  return startRecording(async ({ request, response, body }) => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      return sendJson(response, 401, { error: "WRONGPASS invalid or missing auth token" });
    }
    try {
      // As on the wire of Redis, every word is a string.
      const words = JSON.parse(body).map(String);
      return sendJson(response, 200, { result: await redis.sendCommand(words) });
    } catch (error) {
      return sendJson(response, 400, { error: error.message });
    }
  });
}
