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
    const header = readerOf(request.headersDistinct ?? headers);
    return {
      method,
      url: absolute(request, String(url), header),
      authorization: header("authorization") ?? "",
      dpop: header("dpop"),
      certificate: request.certificate,
    };
  } catch (cause) {
    throw cause instanceof Mistake ? new TypeError(cause.message) : new TypeError("gatepass: request could not be read", { cause });
  }
}

class Mistake extends Error {}

const mistake = (path, problem) => new Mistake(`gatepass: request${path} ${problem}`);

/** A function that gives a header, the values of several joined as Headers join them. Node.js hands over several only by `headersDistinct`. */
function readerOf(headers) {
  const isHeaders = typeof headers.get === "function";
  return (name) => {
    const keys = isHeaders ? [] : Object.keys(headers).filter((key) => key.toLowerCase() === name);
    const values = (isHeaders ? [headers.get(name)] : keys.flatMap((key) => headers[key])).filter((value) => value !== undefined && value !== null);
    if (!values.every((value) => typeof value === "string")) throw mistake(`.headers.${name}`, "must be a string or an array of strings");
    return values.length === 0 ? undefined : values.join(", ");
  };
}

/** A server of Node.js knows the path alone; the rest is what the client says, and how it is connected. */
function absolute({ socket }, url, header) {
  return url.startsWith("/") ? `${socket?.encrypted ? "https" : "http"}://${header("host") ?? header(":authority")}${url}` : url;
}

const BASE64URL = /^[\w-]{43}$/;
const HEX = /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;

/** The SHA-256 thumbprint of a certificate in base64url, of one in hexadecimal or of the bytes of DER. Hosts write "" or null for none. */
export async function thumbprintOf(certificate) {
  if (certificate === undefined || certificate === null || certificate === "") return undefined;
  const isBytes = ArrayBuffer.isView(certificate) || certificate instanceof ArrayBuffer;
  if (typeof certificate === "string" && BASE64URL.test(certificate)) return certificate;
  if (!isBytes && !(typeof certificate === "string" && HEX.test(certificate))) {
    throw new TypeError("gatepass: certificate must be a SHA-256 thumbprint in hexadecimal or base64url, or the bytes of a certificate in DER");
  }
  const bytes = isBytes
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", certificate))
    : certificate.match(/[0-9a-f]{2}/gi).map((digits) => parseInt(digits, 16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
}
