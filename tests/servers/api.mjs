// The API that `callApi` is tested against: it says what reached it, so a test can compare with what was meant to.
//
//   *  /echo/<tag>                          200 { method, url, headers, body }
//   *  /status/<code>/<tag>                 that status, with a JSON body
//   *  /redirect/<code>/<tag>               to another origin, where no token may arrive
//   *  /redirect-here/<code>/<tag>          to /echo on this origin; with ?to= there instead
//   *  /chain/<hops>/<tag>                  to /chain with one hop less, in the end to /echo
//   *  /guarded/<challenge>/<tag>           401 to the first token that is shown here, 200 as /echo to any other
//   *  /busy/<code>/<seconds>/<times>/<tag> so often that status, with Retry-After unless it is "none"; then as /echo
//   *  /reset/<times>/<tag>                 so often the connection is reset, then as /echo
//   *  /hang/<tag>                          no answer
//   *  /slow-body/<tag>                     the first byte of a hundred
//   *  /binary/<tag>                        bytes that are not text
//   GET /_seen/<tag>                        the requests that carried this tag

import { send, sendJson, startRecording } from "./recording.mjs";

/** What an API may say with a 401. */
const CHALLENGES = {
  none: undefined,
  bare: "Bearer",
  invalid: 'Bearer realm="api", error="invalid_token", error_description="it was revoked, sorry"',
  mixed: 'Basic realm="a, b", Bearer error="invalid_token"',
  scope: 'Bearer error="insufficient_scope", scope="write"',
  authentication: 'Bearer error="insufficient_user_authentication", acr_values="gold"',
  claims: 'Bearer error="invalid_token", claims="eyJ4IjoxfQ=="',
};

/** @param {{ elsewhere: string }} settings the origin cross-origin redirects lead to */
export async function startApi({ elsewhere }) {
  const firstTokens = new Map();
  return startRecording(({ request, response, url, tag, count, body }) => {
    const [, place, code, seconds, times] = url.pathname.split("/");
    const echo = () => sendJson(response, 200, { method: request.method, url: url.pathname + url.search, headers: request.headers, body });
    const redirect = (location) => send(response, Number(code), "moved", { location });
    switch (place) {
      case "echo":
        return echo();
      case "status":
        return sendJson(response, Number(code), { status: Number(code) }, { "www-authenticate": 'Bearer error="insufficient_scope"' });
      case "redirect":
        return redirect(`${elsewhere}/api/${tag}`);
      case "redirect-here":
        return redirect(url.searchParams.get("to") ?? `/echo/${tag}?hop#fragment`);
      case "chain":
        return send(response, 302, "moved", { location: code === "1" ? `../../echo/${tag}` : `../${code - 1}/${tag}` });
      case "guarded": {
        const token = request.headers.authorization;
        if (!firstTokens.has(tag)) firstTokens.set(tag, token);
        if (firstTokens.get(tag) !== token) return echo();
        const challenge = CHALLENGES[code];
        return sendJson(response, 401, { refused: true }, challenge === undefined ? {} : { "www-authenticate": challenge });
      }
      case "busy":
        if (count > Number(times)) return echo();
        return sendJson(response, Number(code), { busy: true }, seconds === "none" ? {} : { "retry-after": seconds });
      case "reset":
        if (count > Number(code)) return echo();
        return request.socket.resetAndDestroy();
      case "hang":
        return undefined;
      case "slow-body":
        response.writeHead(200, { "content-length": "100" }).write("x");
        return undefined;
      case "binary":
        return send(response, 200, Buffer.from([0, 159, 146, 150, 255]), { "content-type": "application/octet-stream" });
      default:
        return sendJson(response, 404, { error: "not_found" });
    }
  });
}
