// Servers that quote what they could not accept, the client's secret, assertion or proof in it, in every spelling that
// the texts of servers have been seen in.

import { send, sendJson } from "../recording.mjs";
import { JSON_TYPE } from "./answers.mjs";

const each = (write) => (text) => [...text].map(write).join("");
const entity = each((character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[character] ?? character);
const numericEntity = each((character) => (/[a-z0-9-]/i.test(character) ? character : `&#x${character.codePointAt(0).toString(16)};`));
const unicodeEscape = each((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

const SPELLINGS = {
  plain: (text) => text,
  "percent-encoded": encodeURIComponent,
  "percent-encoded-in-lower-case": (text) => encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase()),
  "percent-encoded-twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "form-encoded": (text) => new URLSearchParams([["", text]]).toString().slice(1),
  "html-escaped": entity,
  "html-escaped-in-numbers": numericEntity,
  "json-escaped": (text) => JSON.stringify(text),
  "unicode-escaped": unicodeEscape,
  base64: (text) => Buffer.from(text).toString("base64"),
  base64url: (text) => Buffer.from(text).toString("base64url"),
};

/** Everything in a request that nobody else may see. */
export function secretsOf({ request, body }) {
  const form = new URLSearchParams(body);
  const { authorization, dpop } = request.headers;
  const basic = /^Basic (.+)$/i.exec(authorization ?? "")?.[1];
  return [form.get("client_secret"), form.get("client_assertion"), dpop, basic, basic && Buffer.from(basic, "base64").toString("utf8")]
    .filter(Boolean);
}

const quotes = (answer) => (exchange) => answer(exchange, secretsOf(exchange));

const spelled = Object.fromEntries(Object.entries(SPELLINGS).map(([name, spell]) => [
  `echo-${name}`,
  quotes(({ response }, secrets) => sendJson(response, 400, {
    error: "invalid_request",
    error_description: `cannot accept ${secrets.map(spell).join(" nor ")} here`,
    error_uri: `https://errors.example/?about=${secrets.map(spell).map(encodeURI).join("&")}`,
  })),
]));

export const echoCases = {
  ...spelled,
  "echo-of-the-body": ({ response, body }) =>
    sendJson(response, 400, { error: "invalid_request", error_description: `got ${body}`, error_uri: `https://errors.example/?${body}` }),
  "echo-in-the-error": quotes(({ response }, secrets) => sendJson(response, 400, { error: secrets.join(" ") })),
  "echo-in-html": quotes(({ response }, secrets) => send(response, 502, `<p>${secrets.join(" ")}</p>`, { "content-type": "text/html" })),
  "echo-in-headers": quotes(({ response }, secrets) => send(response, 401, "", {
    "www-authenticate": `Basic realm="${encodeURI(secrets.join(" "))}"`,
    "retry-after": encodeURI(secrets.join(" ")),
  })),
  "echo-in-the-token-type": quotes(({ response }, secrets) => sendJson(response, 200, { access_token: "canary-token", token_type: secrets.join(" ") })),
  "echo-in-broken-json": quotes(({ response }, secrets) => send(response, 200, `{"access_token":"canary-token","x":"${secrets.join(" ")}`, JSON_TYPE)),
  "echo-in-a-redirect": quotes(({ response, elsewhere, tag }, secrets) =>
    send(response, 302, "", { location: `${elsewhere}/token/${tag}?${encodeURI(secrets.join("&"))}` })),
};
