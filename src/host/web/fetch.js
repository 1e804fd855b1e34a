// One exchange, whole: the request out, the response in, within a time and a size. It never
// rejects; the outcome says how it ended.

export async function exchange(fetch, method, url, flatHeaders, body, timeoutMillis, maxBodyBytes) {
  let signal;
  let onAbort;
  // From here on with the whole stack: that a caller is at the end of his is no fault of the server's.
  await undefined;
  try {
    // Covers the body too, and belongs to this request alone. At the module scope of a Worker it throws.
    signal = AbortSignal.timeout(timeoutMillis);
    const aborted = new Promise((_, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort);
    });
    const headers = [];
    for (let at = 0; at < flatHeaders.length; at += 2) headers.push([flatHeaders[at], flatHeaders[at + 1]]);
    // `redirect: "error"` throws on workerd; `cache`, `credentials` and `mode` do on some versions.
    const init = { method, headers, body, redirect: "manual", signal };
    // Looked up at use and called unbound. A caller's fetch may ignore the signal: hence the race.
    const send = fetch ?? globalThis.fetch;
    return await Promise.race([received(send(url, init), maxBodyBytes), aborted]);
  } catch (cause) {
    return { outcome: signal?.aborted ? "timeout" : "broken", cause };
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function received(pending, maxBodyBytes) {
  const response = await pending;
  // A caller's fetch can hand out anything, and what is not checked here would throw within wasm.
  const status = response?.status;
  if (typeof status !== "number") throw new TypeError("fetch resolved to something that is no Response");
  const body = await wholeBody(response, maxBodyBytes);
  if (body === undefined) return { outcome: "too_large", status };
  return { outcome: "response", status, headers: [...response.headers].flat(), body };
}

/** The whole body, or undefined when there is more than `limit` bytes of it. */
async function wholeBody(response, limit) {
  if (!response.body) return new Uint8Array(0);
  const reader = response.body.getReader();
  const chunks = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    // Not by instanceof: test runners have a second Uint8Array.
    if (!ArrayBuffer.isView(value) || value.BYTES_PER_ELEMENT !== 1) throw new TypeError("the response body is not made of bytes");
    size += value.byteLength;
    if (size > limit) {
      reader.cancel().catch(() => {});
      return undefined;
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
