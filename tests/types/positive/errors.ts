// An error can be told apart without a cast, and every code can be named.
import { GatepassError, type GatepassErrorCode, type GatepassErrorJSON, type InvalidTokenReason } from "gatepass";
import { same } from "../expect.js";

function answer(error: unknown): number {
  if (!(error instanceof GatepassError)) throw error;
  same<typeof error.code, GatepassErrorCode>();
  same<typeof error.retryable, boolean>();
  same<typeof error.name, "GatepassError">();
  const plain: Error = error;
  const wait: number = error.retryAfter ?? 1;
  const reason: InvalidTokenReason | undefined = error.reason;
  const oauth: string | undefined = error.oauth?.error_description ?? error.oauth?.error;
  const cause: unknown = error.cause;
  const json: GatepassErrorJSON = error.toJSON();
  void [plain, wait, reason, oauth, cause, JSON.stringify(json), error.claim];

  switch (error.code) {
    case "invalid_token":
      return 401;
    case "insufficient_scope":
    case "missing_token":
    case "invalid_request":
    case "invalid_dpop_proof":
    case "use_dpop_nonce":
      return error.toResponse().status;
    case "interrupted":
    case "replay_store_unavailable":
    case "keys_unavailable":
    case "discovery_failed":
    case "issuer_mismatch":
      return 503;
    case "insufficient_scope":
      return error.status ?? 403;
    case "credential_unavailable":
    case "invalid_client":
    case "request_refused":
    case "rate_limited":
    case "server_error":
    case "network_error":
    case "timeout":
    case "unexpected_redirect":
    case "unreadable_response":
    case "unsupported_token_type":
      return error.status ?? 502;
    default:
      // Compiles only while every code has a case above.
      return error.code satisfies never;
  }
}

const texts: Record<InvalidTokenReason, string> = {
  malformed: "",
  too_large: "",
  encrypted: "",
  algorithm: "",
  critical_header: "",
  type: "",
  missing_claim: "",
  claim_type: "",
  claim_mismatch: "",
  expired: "",
  not_yet_valid: "",
  issued_in_future: "",
  too_old: "",
  unknown_key: "",
  signature: "",
  inactive: "",
  sender_constraint: "",
};

export { answer, texts };
