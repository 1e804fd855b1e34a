// What a token request takes and what comes of it.
import { AccessToken, Client, getToken, type AccessTokenJSON, type ClientOptions, type TokenRequest } from "gatepass";
import { same } from "../expect.js";

declare const client: Client;
declare const options: ClientOptions;

const request: TokenRequest = { audience: "https://other.example", scope: "a b", organization: "org_2", parameters: {} };
const token = await client.getToken(request);
same<typeof token, AccessToken>();
same<Awaited<ReturnType<typeof getToken>>, AccessToken>();
await client.getToken();
await client.getToken({});
await getToken(options);
await getToken(options, request);

same<typeof token.accessToken, string>();
same<typeof token.authorization, string>();
same<typeof token.tokenType, "Bearer" | "DPoP">();
same<typeof token.expiresAt, Date>();
same<typeof token.scope, string | undefined>();
same<typeof token.source, "memory" | "store" | "network">();

same<ReturnType<typeof token.toJSON>, AccessTokenJSON>();

declare const something: unknown;
if (something instanceof AccessToken) same<typeof something, AccessToken>();
