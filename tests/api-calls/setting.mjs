/** Options of a client of a token endpoint. */
export function clientOf(endpoint, options = {}) {
  return { tokenEndpoint: endpoint.url, clientId: "client", clientSecret: "secret-of-the-api-calls-suite", ...options };
}
