// Token endpoints that look closely at how they are asked, and grant a token to a request that is right in every point.
// What they know of the client, the test has told with `PUT /_client/<tag>`.

import { demand, issues, Refusal } from "./answers.mjs";
import { checkAssertion } from "./proofs.mjs";

/** What the secret could have meant, for servers that decode Basic credentials in their own way. */
const DECODERS = {
  // RFC 6749 section 2.3.1, appendix B.
  form: (text) => decodeURIComponent(text.replaceAll("+", "%20")),
  // Authlib and others: %20 is a space, a plus sign is a plus sign.
  percent: (text) => decodeURIComponent(text),
  // Servers that know RFC 7617 only.
  nothing: (text) => text,
};

function form({ body }) {
  const parameters = new URLSearchParams(body);
  for (const name of new Set(parameters.keys())) {
    demand(name === "resource" || parameters.getAll(name).length === 1, 400, "invalid_request", `${name} is repeated`);
  }
  demand(parameters.get("grant_type") === "client_credentials", 400, "unsupported_grant_type", "grant_type");
  return parameters;
}

/** What every strict server wants, whatever the client's credentials are. */
function checkTransport({ request, body }) {
  const { headers } = request;
  demand(headers["transfer-encoding"] === undefined, 411, "invalid_request", "a chunked body is not read");
  demand(Number(headers["content-length"]) === Buffer.byteLength(body), 411, "invalid_request", "no Content-Length");
  demand(headers.accept === "application/json", 406, "invalid_request", `Accept: ${headers.accept}`);
  const type = /^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i;
  demand(type.test(headers["content-type"]), 415, "invalid_request", `Content-Type: ${headers["content-type"]}`);
}

/** Credentials in one place, and only this one. */
function checkOnePlace({ request }, parameters, place) {
  const places = [
    request.headers.authorization !== undefined && "header",
    parameters.has("client_secret") && "secret",
    parameters.has("client_assertion") && "assertion",
  ].filter(Boolean);
  demand(places.join() === place, 400, "invalid_request", `credentials in: ${places.join() || "no place"}`);
}

function checkBasic({ request, client }, parameters, decode) {
  const refuse = (met, description) => demand(met, 401, "invalid_client", description);
  refuse(!parameters.has("client_id"), "client_id beside the header");
  // Spelled as in RFC 7617, and padded base64: some servers compare and decode strictly.
  const [, credentials] = /^Basic ((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(request.headers.authorization) ?? [];
  refuse(credentials !== undefined, "the Authorization header is not Basic");
  const text = Buffer.from(credentials, "base64").toString("utf8");
  const colon = text.indexOf(":");
  let pair;
  try {
    pair = [text.slice(0, colon), text.slice(colon + 1)].map(decode);
  } catch {
    refuse(false, "the credentials are not form-encoded");
  }
  refuse(pair[0] === client.clientId && pair[1] === client.clientSecret, "unknown client or wrong secret");
}

function checkPost({ client }, parameters) {
  const right = parameters.get("client_id") === client.clientId && parameters.get("client_secret") === client.clientSecret;
  demand(right, 401, "invalid_client", "unknown client or wrong secret");
}

function checkIdAlone({ client }, parameters) {
  demand(parameters.get("client_id") === client.clientId, 401, "invalid_client", "unknown client");
}

export const METHODS = {
  post: { place: "secret", check: checkPost },
  basic: (decoder) => ({ place: "header", check: (exchange, parameters) => checkBasic(exchange, parameters, DECODERS[decoder]) }),
  assertion: (audience) => ({ place: "assertion", check: (exchange, parameters) => checkAssertion(exchange, parameters, audience(exchange)) }),
  none: { place: "", check: checkIdAlone },
};

/** Grants a token to a strictly right request with this client authentication, which also passes `more`. */
export const asks = ({ place, check }, more = () => {}, grants = issues({})) => async (exchange) => {
  demand(exchange.client, 500, "server_error", "the test has registered no client");
  checkTransport(exchange);
  const parameters = form(exchange);
  checkOnePlace(exchange, parameters, place);
  await check(exchange, parameters);
  await more(exchange, parameters);
  return grants(exchange);
};

export const AUDIENCES = {
  issuer: ({ url, client }) => url.searchParams.get("iss") ?? client.audience,
  tokenEndpoint: ({ url }) => url.href,
  text: ({ client }) => client.audience,
};

/** The first request is good and its answer is lost, so that the client asks again. */
function failsOnce({ memory }) {
  memory.requests = (memory.requests ?? 0) + 1;
  if (memory.requests === 1) throw new Refusal(503, "temporarily_unavailable", "not now");
}

const RESOURCES = ["https://api.example/one", "https://api.example/two"];

export const demandCases = {
  "asks-for-post": asks(METHODS.post),
  "asks-for-basic-form-encoded": asks(METHODS.basic("form")),
  "asks-for-basic-percent-encoded": asks(METHODS.basic("percent")),
  "asks-for-basic-not-encoded": asks(METHODS.basic("nothing")),
  "asks-for-no-secret": asks(METHODS.none),

  "asks-for-assertion-to-issuer": asks(METHODS.assertion(AUDIENCES.issuer)),
  "asks-for-assertion-to-token-endpoint": asks(METHODS.assertion(AUDIENCES.tokenEndpoint)),
  "asks-for-assertion-to-text": asks(METHODS.assertion(AUDIENCES.text)),
  "asks-for-assertion-twice": asks(METHODS.assertion(AUDIENCES.text), failsOnce),

  "asks-for-two-resources": asks(METHODS.post, (_, parameters) =>
    demand(String(parameters.getAll("resource")) === String(RESOURCES) && parameters.getAll("resource").length === 2, 400, "invalid_target", `resource: ${parameters.getAll("resource")}`)),
  "asks-for-organization": asks(METHODS.post, (_, parameters) =>
    demand(parameters.has("organization"), 400, "invalid_request", "An organization is required by the client grant")),
  "asks-for-no-organization": asks(METHODS.post, (_, parameters) =>
    demand(!parameters.has("organization"), 400, "invalid_request", "The client grant does not allow organizations")),
  "asks-for-details": asks(METHODS.post, (_, parameters) =>
    demand(isDetails(parameters.get("authorization_details")), 400, "invalid_authorization_details", "authorization_details")),
};

/** RFC 9396 section 2: a JSON array of objects that each have a type. */
function isDetails(text) {
  try {
    const details = JSON.parse(text);
    return Array.isArray(details) && details.length > 0 && details.every(({ type }) => typeof type === "string");
  } catch {
    return false;
  }
}
