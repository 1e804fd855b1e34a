// A request that arrives at an API, however its host hands it over: a Request, a request of node:http, or an
// object like them.

const FORM = "must be a Request or an object with method, url and headers";

/** What of it is looked at. */
export function incoming(request) {
  try {
    if (typeof request !== "object" || request === null) throw mistake("", FORM);
    const { method, url, headers } = request;
    if (typeof method !== "string" || method === "") throw mistake(".method", "must be a non-empty string");
    if (typeof headers !== "object" || headers === null || Array.isArray(headers)) throw mistake(".headers", "must be a Headers or an object");
    const valuesOf = readerOf(request.headersDistinct ?? headers);
    return {
      method,
      url: absolute(request, String(url), valuesOf),
      authorization: valuesOf("authorization"),
      dpop: valuesOf("dpop"),
      certificate: request.certificate,
    };
  } catch (cause) {
    throw cause instanceof Mistake ? new TypeError(cause.message) : new TypeError("gatepass: request could not be read", { cause });
  }
}

class Mistake extends Error {}

const mistake = (path, problem) => new Mistake(`gatepass: request${path} ${problem}`);

/** A function that gives all values of a header. Node.js hands over several only by `headersDistinct`. */
function readerOf(headers) {
  const found = typeof headers.get === "function" ? (name) => headers.get(name) ?? [] : (name) => Object.keys(headers).filter((key) => key.toLowerCase() === name).flatMap((key) => headers[key] ?? []);
  return (name) => {
    const values = [found(name)].flat();
    if (!values.every((value) => typeof value === "string")) throw mistake(`.headers.${name}`, "must be a string or an array of strings");
    return values;
  };
}

/** A server of Node.js knows the path alone; the rest is what the client says, and how it is connected. */
function absolute({ socket }, url, valuesOf) {
  if (!url.startsWith("/")) return url;
  return `${socket?.encrypted ? "https" : "http"}://${valuesOf("host")[0] ?? valuesOf(":authority")[0]}${url}`;
}

/** A certificate as the core takes it: a thumbprint, or the bytes of DER. Hosts write "" or null for none. */
export function certificateOf(certificate) {
  if (certificate === undefined || certificate === null || certificate === "") return [];
  if (typeof certificate === "string") return [certificate];
  if (certificate instanceof ArrayBuffer) return [undefined, new Uint8Array(certificate)];
  if (ArrayBuffer.isView(certificate)) return [undefined, new Uint8Array(certificate.buffer, certificate.byteOffset, certificate.byteLength)];
  throw new TypeError("gatepass: certificate must be a thumbprint, or the bytes of a certificate in DER");
}
