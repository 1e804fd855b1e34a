//! `verifyAccessToken` with keys and signatures of the host's.

use js_sys::JSON;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{get, options, renderings, text};
use crate::host::web::tests::SigningKey;

/// A verifier, and the key of its issuer.
struct Api {
    key: SigningKey,
    handle: u32,
    options: JsValue,
}

impl Api {
    async fn new(alg: &str, overrides: &str) -> Self {
        let key = SigningKey::generate(alg).await;
        let answer = format!("() => Response.json({{ keys: [{}] }})", key.json());
        let options = options("verifier", &answer, overrides);
        Self { key, handle: super::open_verifier(&options).unwrap(), options }
    }

    /// The claims of a good token.
    fn claims(&self) -> Value {
        #[expect(clippy::cast_possible_truncation, reason = "seconds")]
        let now = (js_sys::Date::now() / 1000.0) as i64;
        json!({"iss": text(&self.options, "issuer"), "aud": ["me"], "exp": now + 60, "iat": now, "sub": "é", "n": 1.5})
    }

    async fn token(&self) -> String {
        self.key.token(&self.claims().to_string()).await
    }

    async fn verify(&self, token: impl Into<JsValue>) -> Result<JsValue, JsValue> {
        super::verify(self.handle, &self.options, &token.into()).await
    }

    /// Asserts a refusal with 401, and gives its reason.
    async fn reason(&self, token: &str) -> String {
        let error = self.verify(token).await.unwrap_err();
        assert_eq!(
            (text(&error, "name"), text(&error, "code")),
            ("GatepassError".to_owned(), "invalid_token".to_owned())
        );
        assert_eq!(get(&error, "status").as_f64(), Some(401.0));
        assert!(!renderings(&error).contains(token) || token.is_empty());
        text(&error, "reason")
    }

    fn requests(&self) -> u32 {
        js_sys::Array::from(&get(&self.options, "fetch.seen")).length()
    }
}

#[wasm_bindgen_test]
async fn a_good_token_gives_its_claims_as_a_plain_object() {
    for alg in ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"] {
        let api = Api::new(alg, "{}").await;
        let given = api.claims();
        let token = api.key.token(&given.to_string()).await;
        let claims = api.verify(&*token).await.unwrap();
        let text = JSON::stringify(&claims).unwrap().as_string().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), given, "{alg}");
        api.verify(token).await.unwrap();
        assert_eq!(api.requests(), 1, "{alg}: the keys are kept");
    }
}

#[wasm_bindgen_test]
async fn a_token_that_was_tampered_with_is_refused() {
    for alg in ["RS256", "ES256"] {
        let api = Api::new(alg, "{}").await;
        let token = api.token().await;
        let (input, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = input.split_once('.').unwrap();
        let mut admin = api.claims();
        admin["sub"] = "admin".into();
        let other = api.key.token(&admin.to_string()).await;
        let (other_input, other_signature) = other.rsplit_once('.').unwrap();
        assert!(other_input.starts_with(header));
        let changed = if signature.starts_with('A') { "B" } else { "A" };
        for tampered in [
            format!("{other_input}.{signature}"),
            format!("{input}.{other_signature}"),
            format!("{input}.{changed}{}", signature.get(1..).unwrap()),
            format!("{input}."),
            format!("{token}AAAA"),
        ] {
            assert_eq!(api.reason(&tampered).await, "signature", "{alg}");
        }
        let stranger = SigningKey::generate(alg).await;
        assert_eq!(api.reason(&stranger.token(&api.claims().to_string()).await).await, "signature", "{alg}");
        api.verify(token).await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn a_token_that_cannot_pass_causes_no_request() {
    let api = Api::new("ES256", "{}").await;
    for (claim, value, reason) in [
        ("iss", json!("https://evil.example/"), "claim_mismatch"),
        ("aud", json!("you"), "claim_mismatch"),
        ("exp", json!(1), "expired"),
        ("exp", json!("1"), "claim_type"),
        ("nbf", json!(99_999_999_999_i64), "not_yet_valid"),
        ("at_hash", json!("x"), "type"),
    ] {
        let mut claims = api.claims();
        claims[claim] = value;
        assert_eq!(api.reason(&api.key.token(&claims.to_string()).await).await, reason, "{claim}");
    }
    for (token, reason) in
        [("", "malformed"), ("opaque", "malformed"), ("a.b.c.d.e", "encrypted"), ("é.é.é", "malformed")]
    {
        assert_eq!(api.reason(token).await, reason, "{token}");
    }
    assert_eq!(api.reason(&"a".repeat(5_000_000)).await, "too_large");
    assert_eq!(api.requests(), 0);
}

#[wasm_bindgen_test]
async fn an_algorithm_that_is_not_allowed_is_refused() {
    let api = Api::new("ES256", "{ algorithms: ['RS256'] }").await;
    assert_eq!(api.reason(&api.token().await).await, "algorithm");
    let login3 = Api::new("ES256", "{ profile: 'login3' }").await;
    assert_eq!(login3.reason(&login3.token().await).await, "algorithm", "Login 3.0 signs with RS256");
}

#[wasm_bindgen_test]
async fn keys_that_cannot_be_had_are_not_the_tokens_fault() {
    let api = Api::new("ES256", "{}").await;
    for answer in [
        "() => { throw new TypeError('no'); }",
        "() => new Response('', { status: 500 })",
        "() => new Response('<html>')",
    ] {
        let options = options("verifier", answer, "{}");
        let handle = super::open_verifier(&options).unwrap();
        let mut claims = api.claims();
        claims["iss"] = text(&options, "issuer").into();
        let token = api.key.token(&claims.to_string()).await;
        let error = super::verify(handle, &options, &token.into()).await.unwrap_err();
        assert_eq!((text(&error, "code").as_str(), get(&error, "status").as_f64()), ("keys_unavailable", Some(503.0)));
        assert_eq!(get(&error, "retryable").as_bool(), Some(true));
        assert!(js_sys::Object::is(&get(&error, "cause"), &get(&options, "fetch.thrown")));
    }
}

#[wasm_bindgen_test]
async fn an_unusable_key_is_not_the_tokens_fault() {
    let api = Api::new("ES256", "{}").await;
    let bad = json!({"kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43), "kid": "k"});
    let options = options("verifier", &format!("() => Response.json({{ keys: [{bad}] }})"), "{}");
    let handle = super::open_verifier(&options).unwrap();
    let mut claims = api.claims();
    claims["iss"] = text(&options, "issuer").into();
    let token = api.key.token(&claims.to_string()).await;
    let error = super::verify(handle, &options, &token.into()).await.unwrap_err();
    assert_eq!(text(&error, "code"), "keys_unavailable");
    assert!(get(&error, "cause").is_object(), "the host's own error");
}
