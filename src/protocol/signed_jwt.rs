//! JWTs that are made here: client assertions and DPoP proofs. The host signs them.

use crate::protocol::algorithm::Algorithm;
use crate::protocol::base64url;
use crate::protocol::digest::sha256_base64url;
use crate::protocol::json::quoted;
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// How far back `iat` is dated, in seconds: some servers' clocks lag by milliseconds, and they refuse the
/// future.
const BACK_DATED: i64 = 1;
/// How long a client assertion is good, in seconds.
const ASSERTION_LIFETIME: i64 = 60;

/// What a client assertion says (RFC 7523 section 3).
#[derive(Debug, Clone, Copy)]
pub struct ClientAssertion<'a> {
    /// What it is signed with.
    pub algorithm: Algorithm,
    /// The key's id, with the header that servers look for it in.
    pub key_id: Option<(&'static str, &'a str)>,
    /// Who says it.
    pub client_id: &'a str,
    /// Whom it is for: the issuer, or its token endpoint.
    pub audience: &'a str,
    /// A new one each time: servers take an assertion once.
    pub id: &'a str,
}

impl ClientAssertion<'_> {
    /// What is to be signed. No `nbf`: it helps nobody, and clocks differ.
    #[must_use]
    pub fn signing_input(&self, now: Timestamp) -> String {
        let issued_at = whole_seconds(now).saturating_sub(BACK_DATED);
        let expires_at = issued_at.saturating_add(ASSERTION_LIFETIME);
        let key_id = self.key_id.map_or_else(String::new, |(name, id)| format!(r#","{name}":{}"#, quoted(id)));
        let client = quoted(self.client_id);
        signing_input(
            &format!(r#"{{"alg":"{}","typ":"JWT"{key_id}}}"#, self.algorithm.name()),
            &format!(
                r#"{{"iss":{client},"sub":{client},"aud":{},"jti":{},"iat":{issued_at},"exp":{expires_at}}}"#,
                quoted(self.audience),
                quoted(self.id),
            ),
        )
    }
}

/// What a DPoP proof says (RFC 9449 section 4.2).
#[derive(Debug, Clone, Copy)]
pub struct DpopProof<'a> {
    /// What it is signed with.
    pub algorithm: Algorithm,
    /// The public key, as JSON.
    pub jwk: &'a str,
    /// The method of the request it is for.
    pub method: &'a str,
    /// The URL of that request, without query and fragment.
    pub url: &'a str,
    /// A new one each time.
    pub id: &'a str,
    /// The token that goes along, at an API.
    pub access_token: Option<&'a str>,
    /// What the server has asked to be repeated.
    pub nonce: Option<&'a str>,
}

impl DpopProof<'_> {
    /// What is to be signed.
    #[must_use]
    pub fn signing_input(&self, now: Timestamp) -> String {
        let issued_at = whole_seconds(now).saturating_sub(BACK_DATED);
        let member = |name: &str, value: Option<String>| {
            value.map_or_else(String::new, |value| format!(r#","{name}":{}"#, quoted(&value)))
        };
        let hash = self.access_token.map(|token| sha256_base64url(token.as_bytes()));
        signing_input(
            &format!(r#"{{"alg":"{}","typ":"dpop+jwt","jwk":{}}}"#, self.algorithm.name(), self.jwk),
            &format!(
                r#"{{"htm":{},"htu":{},"jti":{},"iat":{issued_at}{}{}}}"#,
                quoted(self.method),
                quoted(self.url),
                quoted(self.id),
                member("ath", hash),
                member("nonce", self.nonce.map(str::to_owned)),
            ),
        )
    }
}

/// RFC 7515 section 5.1.
fn signing_input(header: &str, payload: &str) -> String {
    let mut input = base64url::encode(header.as_bytes());
    input.push('.');
    input.push_str(&base64url::encode(payload.as_bytes()));
    input
}

/// The JWT of a signing input and its signature.
#[must_use]
pub fn signed(mut signing_input: String, signature: &[u8]) -> Secret {
    signing_input.push('.');
    signing_input.push_str(&base64url::encode(signature));
    Secret::new(signing_input)
}

const fn whole_seconds(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1000)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use base64ct::{Base64UrlUnpadded, Encoding};
    use serde_json::{Value, json};

    use super::{ClientAssertion, DpopProof, signed, signing_input};
    use crate::protocol::algorithm::Algorithm;
    use crate::protocol::time::Timestamp;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_999);

    fn parts(input: &str) -> (Value, Value) {
        let part = |text: &str| serde_json::from_slice(&Base64UrlUnpadded::decode_vec(text).unwrap()).unwrap();
        let (header, payload) = input.split_once('.').unwrap();
        (part(header), part(payload))
    }

    /// RFC 7523 section 3: iss and sub are the client, aud the server, exp is there.
    #[test]
    fn a_client_assertion_names_client_and_server_and_ends_soon() {
        let assertion = ClientAssertion {
            algorithm: Algorithm::EdDsa,
            key_id: Some(("kid", "k\"1")),
            client_id: "me\n",
            audience: "https://as.example/",
            id: "once",
        };
        let (header, payload) = parts(&assertion.signing_input(NOW));
        assert_eq!(header, json!({"alg": "EdDSA", "typ": "JWT", "kid": "k\"1"}));
        assert_eq!(
            payload,
            json!({"iss": "me\n", "sub": "me\n", "aud": "https://as.example/", "jti": "once", "iat": 1_699_999_999, "exp": 1_700_000_059})
        );
        let (header, _) = parts(&ClientAssertion { key_id: None, ..assertion }.signing_input(NOW));
        assert_eq!(header, json!({"alg": "EdDSA", "typ": "JWT"}));
    }

    /// RFC 9449 sections 4.2 and 7.1: the access token of section 7.1 has this ath.
    #[test]
    fn a_proof_names_the_request_the_key_and_the_token() {
        let proof = DpopProof {
            algorithm: Algorithm::Es256,
            jwk: r#"{"kty":"EC"}"#,
            method: "GET",
            url: "https://resource.example.org/protectedresource",
            id: "e1j3V_bKic8-LAEB",
            access_token: Some("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"),
            nonce: Some("eyJ7S_zG.eyJH0-Z.HX4w-7v"),
        };
        let (header, payload) = parts(&proof.signing_input(NOW));
        assert_eq!(header, json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": {"kty": "EC"}}));
        assert_eq!(
            payload,
            json!({
                "htm": "GET", "htu": "https://resource.example.org/protectedresource", "jti": "e1j3V_bKic8-LAEB",
                "iat": 1_699_999_999, "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", "nonce": "eyJ7S_zG.eyJH0-Z.HX4w-7v",
            })
        );
        let (_, payload) = parts(&DpopProof { access_token: None, nonce: None, ..proof }.signing_input(NOW));
        assert!(payload.get("ath").is_none() && payload.get("nonce").is_none());
    }

    /// RFC 7515 appendix A.1.
    #[test]
    fn the_signing_input_and_the_compact_form_are_those_of_rfc_7515() {
        let header = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
        let payload = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
        let input = signing_input(header, payload);
        assert_eq!(
            input,
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        );
        assert_eq!(signed("a.b".to_owned(), &[0xff, 0xfe]).expose(), "a.b.__4");
    }
}
