// Events as a client gives them to its listener.

const event = (type, members) => ({ type, at: Date.now(), key: "k3yk3yk3", ...members });

export const requested = (request, members) => event("token_requested", { request, attempt: 1, renewal: false, ...members });
export const received = (request, members) => event("token_received", { request, durationMs: 120, expiresIn: 86_400, ...members });
export const failed = (request, members) => event("token_failed", { request, durationMs: 80, code: "server_error", status: 503, ...members });
export const renewalFailed = (request, members) => event("renewal_failed", { request, durationMs: 10_000, code: "timeout", ...members });
export const served = (source) => event("token_served", { source });
export const refused = (code) => event("token_refused", { code, retryAfter: 30 });
export const waiting = () => event("waiting");
export const takenOver = () => event("taken_over");
export const storeFailed = (operation, problem) => event("store_failed", { operation, problem, error: "ECONNREFUSED" });
export const quota = (members) => event("quota", { limit: 100, remaining: 40, resetAfter: 60, scope: "client", ...members });
export const postponed = () => event("renewal_postponed", { until: Date.now() + 1_000 });
