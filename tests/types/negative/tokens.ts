// Mistakes with tokens and API calls that do not compile.
import { AccessToken, callApi, Client, getToken, type ClientOptions } from "gatepass";

declare const client: Client;
declare const options: ClientOptions;
declare const token: AccessToken;

// @ts-expect-error TS2673: a token is made by getToken
new AccessToken();
// @ts-expect-error TS2540: a token cannot be changed
token.accessToken = "other";
// @ts-expect-error TS2540: nor its scope
token.scope = "read:orders";
// @ts-expect-error TS2551: the word of the protocol is not a member
token.access_token;
// @ts-expect-error TS2353: a request does not change the client id
await client.getToken({ clientId: "other" });
// @ts-expect-error TS2559: an audience alone is not a request
await client.getToken("https://api.example");
// @ts-expect-error TS2322: scopes are strings
await client.getToken({ scope: [1] });
// @ts-expect-error TS2554: the one-shot form needs options
await getToken();
// @ts-expect-error TS2554: an API call needs an address
await client.callApi();
// @ts-expect-error TS2322: a body and json exclude each other
await client.callApi("https://myapi.com/api", { method: "POST", body: "{}", json: {} });
// @ts-expect-error TS2345: an address is not a number
await client.callApi(80);
// @ts-expect-error TS2345: the options come first
await callApi("https://myapi.com/api", options);
