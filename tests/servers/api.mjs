// The API that `callApi` is tested against: it says what reached it, so a test can compare with what was meant to.
//
//   *  /echo/<tag>                          200 { method, url, headers, body }
//   *  /status/<code>/<tag>                 that status, with a JSON body
//   *  /redirect/<code>/<tag>               to another origin, where no token may arrive
//   *  /redirect-here/<code>/<tag>          to /echo on this origin
//   *  /binary/<tag>                        bytes that are not text
//   GET /_seen/<tag>                        the requests that carried this tag

import { send, sendJson, startRecording } from "./recording.mjs";

/** @param {{ elsewhere: string }} settings the origin cross-origin redirects lead to */
export async function startApi({ elsewhere }) {
  return startRecording(({ request, response, url, tag, body }) => {
    const [, place, code] = url.pathname.split("/");
    switch (place) {
      case "echo":
        return sendJson(response, 200, { method: request.method, url: url.pathname + url.search, headers: request.headers, body });
      case "status":
        return sendJson(response, Number(code), { status: Number(code) }, { "www-authenticate": 'Bearer error="insufficient_scope"' });
      case "redirect":
        return send(response, Number(code), "moved", { location: `${elsewhere}/api/${tag}` });
      case "redirect-here":
        return send(response, Number(code), "moved", { location: `/echo/${tag}` });
      case "binary":
        return send(response, 200, Buffer.from([0, 159, 146, 150, 255]), { "content-type": "application/octet-stream" });
      default:
        return sendJson(response, 404, { error: "not_found" });
    }
  });
}
