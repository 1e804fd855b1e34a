//! The examples that the RFCs print, each by its section. Line breaks that are there for display
//! only are left out. What of them needs a signature made or checked is in the tests on runtimes.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

use base64ct::{Base64UrlUnpadded, Encoding};
use gatepass::protocol::access_token::TokenType;
use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::client_auth::{AuthMethod, Authentication};
use gatepass::protocol::error::Code;
use gatepass::protocol::http::{Request, Response};
use gatepass::protocol::introspection;
use gatepass::protocol::json;
use gatepass::protocol::jwk::KeySet;
use gatepass::protocol::jwt::{HeaderPolicy, TypePolicy, UnverifiedJws};
use gatepass::protocol::metadata::{self, Issuer};
use gatepass::protocol::private_key::KeyFamily;
use gatepass::protocol::profile::Profile;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::signed_jwt::{ClientAssertion, DpopProof, signed};
use gatepass::protocol::time::Timestamp;
use gatepass::protocol::token_request::TokenRequest;
use gatepass::protocol::token_response::{self, Asked, Granted};
use gatepass::protocol::url::{HttpUrl, Transport};
use serde_json::{Value, json};

fn url(text: &str) -> HttpUrl {
    HttpUrl::parse(text, Transport::Secure).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn client(method: AuthMethod, client_id: &str, credential: &str) -> Authentication {
    Authentication { client_id: client_id.to_owned(), method, credential: Some(secret(credential)) }
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

fn response(status: u16, body: &str) -> Response {
    let headers = vec![("content-type".to_owned(), "application/json;charset=UTF-8".to_owned())];
    Response { status, headers, body: body.as_bytes().to_vec() }
}

fn read(status: u16, body: &str) -> Result<Granted, gatepass::protocol::error::Error> {
    let asked = Asked { at: Timestamp::from_millis(0), hidden: &[], types: &[TokenType::Bearer], lifetime: 300.0 };
    token_response::read(&response(status, body), asked)
}

fn parts(jwt: &str) -> Vec<Value> {
    let part = |text: &str| serde_json::from_slice(&Base64UrlUnpadded::decode_vec(text).unwrap()).unwrap();
    jwt.split('.').take(2).map(part).collect()
}

// ---- RFC 6749

#[test]
fn rfc_6749_section_2_3_1_credentials_in_the_header() {
    let basic = client(AuthMethod::SecretBasic, "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw");
    let request = TokenRequest::default().build(&url("https://server.example.com/token"), &basic, Profile::Generic);
    assert_eq!(header(&request, "authorization"), Some("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"));
}

#[test]
fn rfc_6749_section_2_3_1_credentials_in_the_body() {
    let post = client(AuthMethod::SecretPost, "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw");
    let request = TokenRequest::default().build(&url("https://server.example.com/token"), &post, Profile::Generic);
    assert_eq!(header(&request, "authorization"), None);
    assert!(request.body.unwrap().contains("client_id=s6BhdRkqt3&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw"));
}

#[test]
fn rfc_6749_section_4_4_2_the_request() {
    let basic = client(AuthMethod::SecretBasic, "s6BhdRkqt3", "gX1fBat3bV");
    let request = TokenRequest::default().build(&url("https://server.example.com/token"), &basic, Profile::Generic);
    assert_eq!(request.url.as_str(), "https://server.example.com/token");
    assert_eq!(header(&request, "authorization"), Some("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"));
    assert_eq!(header(&request, "content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(request.body.unwrap().as_str(), "grant_type=client_credentials");
}

#[test]
fn rfc_6749_sections_4_4_3_and_5_1_the_answer() {
    let example = r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,"example_parameter":"example_value"}"#;
    assert_eq!(read(200, example).err().unwrap().code, Code::UnsupportedTokenType);
    let token = read(200, &example.replace("\"example\"", "\"bearer\"")).ok().unwrap().token;
    assert_eq!(token.authorization(), "Bearer 2YotnFZFEjr1zCsicMWpAA");
    assert_eq!(token.expires_at, Timestamp::from_millis(3_600_000));
}

#[test]
fn rfc_6749_section_5_2_the_error() {
    let error = read(400, r#"{"error":"invalid_request"}"#).err().unwrap();
    assert_eq!((error.code, error.status), (Code::RequestRefused, Some(400)));
    assert_eq!(error.oauth.as_ref().unwrap().error, "invalid_request");
}

// ---- RFC 7515: headers and signing inputs. RFC 7515 appendix A.5 is the unsecured one.

const JWS: [(&str, Algorithm, &str, usize); 3] = [
    (
        "A.2",
        Algorithm::Rs256,
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        256,
    ),
    (
        "A.3",
        Algorithm::Es256,
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        64,
    ),
    (
        "A.4",
        Algorithm::Es512,
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
        132,
    ),
];

fn policy(algorithms: &[Algorithm]) -> HeaderPolicy {
    HeaderPolicy { max_token_bytes: 16_384, algorithms: algorithms.to_vec(), types: TypePolicy::Auto }
}

#[test]
fn rfc_7515_appendix_a_what_is_signed_and_with_what() {
    for (section, algorithm, jws, length) in JWS {
        let unverified = UnverifiedJws::read(jws, &policy(&[algorithm])).unwrap();
        let check = unverified.signature_check();
        assert_eq!(check.algorithm, algorithm, "{section}");
        let (signing_input, _) = jws.rsplit_once('.').unwrap();
        assert_eq!(*check.signing_input, *signing_input.as_bytes(), "{section}");
        assert_eq!(check.signature.len(), length, "{section}");
        // Written again from its parts it is the same.
        assert_eq!(signed(signing_input.to_owned(), &check.signature).expose(), jws, "{section}");
    }
}

#[test]
fn rfc_7515_appendix_a_5_unsecured_is_refused() {
    let jws = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";
    assert!(UnverifiedJws::read(jws, &policy(&Algorithm::ASYMMETRIC)).is_err());
}

// ---- RFC 7517 appendix A

const RSA_MODULUS: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

#[test]
fn rfc_7517_appendix_a_1_public_keys() {
    let document = json!({"keys": [
        {
            "kty": "EC", "crv": "P-256", "use": "enc", "kid": "1",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        },
        {"kty": "RSA", "n": RSA_MODULUS, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"},
    ]});
    let keys = KeySet::read(document.to_string().as_bytes()).unwrap();
    let candidates = |kid, algorithm| keys.candidates(kid, algorithm).count();
    assert_eq!(candidates(Some("2011-04-29"), Algorithm::Rs256), 1);
    assert_eq!(candidates(Some("2011-04-29"), Algorithm::Rs512), 0, "alg says RS256");
    assert_eq!(candidates(Some("1"), Algorithm::Es256), 0, "its use is encryption");
}

#[test]
fn rfc_7517_appendix_a_2_private_keys() {
    let of = |jwk: &Value| KeyFamily::of_jwk(json::object(jwk.to_string()).unwrap().root());
    let mut curve = json!({
        "kty": "EC", "crv": "P-256", "use": "enc", "kid": "1",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
    });
    assert!(of(&curve).unwrap_err().contains("encryption"));
    curve.as_object_mut().unwrap().remove("use");
    assert_eq!(of(&curve).unwrap().algorithm(None), Ok(Algorithm::Es256));
    let rsa = json!({"kty": "RSA", "n": RSA_MODULUS, "e": "AQAB", "d": "X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9", "alg": "RS256"});
    assert_eq!(of(&rsa).unwrap().algorithm(Some(Algorithm::Rs256)), Ok(Algorithm::Rs256));
}

// ---- RFC 7523

#[test]
fn rfc_7523_section_2_2_an_assertion_authenticates_a_client() {
    let assertion = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjIyIn0.eyJpc3Mi.cC4hiUPo";
    let signer = client(AuthMethod::PrivateKeyJwt, "me", assertion);
    let request = TokenRequest::default().build(&url("https://as.example.com/token.oauth2"), &signer, Profile::Generic);
    let body = request.body.unwrap();
    assert!(body.contains(
        "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=eyJhbGciOiJSUzI1NiIsImtpZCI6IjIyIn0.eyJpc3Mi.cC4hiUPo"
    ));
}

/// Section 3: what an assertion must hold. Section 4 prints `iss` `https://jwt-idp.example.com`; that of a client
/// names itself.
#[test]
fn rfc_7523_section_3_the_claims_of_an_assertion() {
    let assertion = ClientAssertion {
        algorithm: Algorithm::Es256,
        key_id: Some(("kid", "16")),
        client_id: "https://jwt-idp.example.com",
        audience: "https://authz.example.net/token.oauth2",
        id: "once",
    };
    let now = Timestamp::from_millis(1_300_815_781_000);
    let [header, claims] = parts(&assertion.signing_input(now)).try_into().unwrap();
    assert_eq!((&header["alg"], &header["kid"]), (&json!("ES256"), &json!("16")));
    assert_eq!(claims["iss"], claims["sub"]);
    assert_eq!(claims["aud"], "https://authz.example.net/token.oauth2");
    assert!(claims["exp"].as_i64().unwrap() > 1_300_815_781, "in the future");
    assert!(claims["iat"].as_i64().unwrap() < 1_300_815_781, "in the past");
    assert_eq!(claims.get("nbf"), None);
}

// ---- RFC 7662, RFC 7009

#[test]
fn rfc_7662_section_2_1_and_2_2_introspection() {
    let asker = client(AuthMethod::SecretBasic, "s6BhdRkqt3", "gX1fBat3bV");
    let request = introspection::request(
        &url("https://server.example.com/introspect"),
        &asker,
        &secret("2YotnFZFEjr1zCsicMWpAA"),
    );
    assert_eq!(header(&request, "accept"), Some("application/json"));
    assert!(request.body.unwrap().starts_with("token=2YotnFZFEjr1zCsicMWpAA"));

    let now = Timestamp::from_millis(0);
    let answer = r#"{"active":true,"client_id":"l238j323ds-23ij4","username":"jdoe","scope":"read write dolphin","sub":"Z5O3upPC88QrAjx00dis","aud":"https://protected.example.net/resource","iss":"https://server.example.com/","exp":1419356238,"iat":1419350238,"extension_field":"twenty-seven"}"#;
    let told = introspection::read(&response(200, answer), now, &[]).ok().unwrap();
    assert!(told.active);
    assert_eq!(told.claims.root().text("scope"), Some("read write dolphin"));
    assert!(!introspection::read(&response(200, r#"{"active":false}"#), now, &[]).ok().unwrap().active);
}

#[test]
fn rfc_7009_section_2_1_revocation() {
    let asker = client(AuthMethod::SecretBasic, "s6BhdRkqt3", "gX1fBat3bV");
    let request =
        introspection::request(&url("https://server.example.com/revoke"), &asker, &secret("45ghiukldjahdnhzdauz"));
    assert_eq!(header(&request, "authorization"), Some("Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"));
    assert!(request.body.unwrap().starts_with("token=45ghiukldjahdnhzdauz&token_type_hint="));
    assert!(introspection::check(&response(200, ""), Timestamp::from_millis(0), &[]).is_ok());
}

// ---- RFC 8414, RFC 8707, RFC 9396

#[test]
fn rfc_8414_section_3_1_where_metadata_are() {
    let requests = |issuer: &str| {
        let issuer = Issuer::parse(issuer, Transport::Secure).unwrap();
        let found = issuer.metadata_requests(Transport::Secure);
        found.iter().map(|request| request.url.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert!(
        requests("https://example.com")
            .contains(&"https://example.com/.well-known/oauth-authorization-server".to_owned())
    );
    assert!(
        requests("https://example.com/issuer1")
            .contains(&"https://example.com/.well-known/oauth-authorization-server/issuer1".to_owned())
    );
}

#[test]
fn rfc_8414_section_3_2_metadata() {
    let document = r#"{"issuer":"https://server.example.com","authorization_endpoint":"https://server.example.com/authorize","token_endpoint":"https://server.example.com/token","token_endpoint_auth_methods_supported":["client_secret_basic","private_key_jwt"],"token_endpoint_auth_signing_alg_values_supported":["RS256","ES256"],"userinfo_endpoint":"https://server.example.com/userinfo","jwks_uri":"https://server.example.com/jwks.json","registration_endpoint":"https://server.example.com/register","scopes_supported":["openid","profile","email","address","phone","offline_access"],"response_types_supported":["code","code token"],"service_documentation":"http://server.example.com/service_documentation.html","ui_locales_supported":["en-US","en-GB","en-CA","fr-FR","fr-CA"]}"#;
    let issuer = Issuer::parse("https://server.example.com", Transport::Secure).unwrap();
    let read =
        metadata::read(&response(200, document), &issuer, Transport::Secure, Timestamp::from_millis(0)).ok().unwrap();
    assert_eq!(read.endpoints.token.unwrap().as_str(), "https://server.example.com/token");
    assert_eq!(read.endpoints.keys.unwrap().as_str(), "https://server.example.com/jwks.json");
}

#[test]
fn rfc_8707_section_2_2_resources() {
    let wanted = TokenRequest {
        resource: vec!["https://cal.example.com/".to_owned(), "https://contacts.example.com/".to_owned()],
        ..TokenRequest::default()
    };
    let asker = client(AuthMethod::SecretBasic, "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw");
    let request =
        wanted.build(&url("https://authorization-server.example.com/as/token.oauth2"), &asker, Profile::Generic);
    assert_eq!(
        request.body.unwrap().as_str(),
        "grant_type=client_credentials&resource=https%3A%2F%2Fcal.example.com%2F&resource=https%3A%2F%2Fcontacts.example.com%2F"
    );
}

#[test]
fn rfc_9396_section_3_authorization_details() {
    let details = r#"[{"type":"account_information","actions":["list_accounts","read_balances","read_transactions"],"locations":["https://example.com/accounts"]}]"#;
    let wanted = TokenRequest { authorization_details: Some(details.to_owned()), ..TokenRequest::default() };
    let asker = client(AuthMethod::SecretBasic, "s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw");
    let body = wanted.build(&url("https://as.example.com/token"), &asker, Profile::Generic).body.unwrap();
    let sent = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "authorization_details").unwrap().1;
    assert_eq!(sent, details);
}

// ---- RFC 9449

const PROOF_KEY: &str = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;

#[test]
fn rfc_9449_section_4_2_the_proof_for_a_token_request() {
    let example = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    let proof = DpopProof {
        algorithm: Algorithm::Es256,
        jwk: PROOF_KEY,
        method: "POST",
        url: "https://server.example.com/token",
        id: "-BwC3ESc6acc2lTc",
        access_token: None,
        nonce: None,
    };
    // Ours are dated one second back.
    assert_eq!(parts(&proof.signing_input(Timestamp::from_millis(1_562_262_617_000))), parts(example));
}

#[test]
fn rfc_9449_section_5_the_answer_is_for_proofs() {
    let answer = r#"{"access_token":"Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU","token_type":"DPoP","expires_in":2677,"refresh_token":"Q..Zkm29lexi8VnWg2zPW1x-tgGad0Ibc3s3EwM_Ni4-g"}"#;
    assert_eq!(read(200, answer).err().unwrap().code, Code::UnsupportedTokenType, "nobody asked for it");
    let asked = Asked { at: Timestamp::from_millis(0), hidden: &[], types: &[TokenType::Dpop], lifetime: 300.0 };
    let token = token_response::read(&response(200, answer), asked).ok().unwrap().token;
    assert_eq!(token.authorization(), "DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
}

#[test]
fn rfc_9449_section_7_1_the_proof_for_an_api() {
    let example = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    let proof = DpopProof {
        algorithm: Algorithm::Es256,
        jwk: PROOF_KEY,
        method: "GET",
        url: "https://resource.example.org/protectedresource",
        id: "e1j3V_bKic8-LAEB",
        access_token: Some("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"),
        nonce: None,
    };
    assert_eq!(parts(&proof.signing_input(Timestamp::from_millis(1_562_262_619_000))), parts(example));
}

#[test]
fn rfc_9449_section_8_a_nonce_is_asked_for() {
    let body = r#"{"error":"use_dpop_nonce","error_description":"Authorization server requires nonce in DPoP proof"}"#;
    let mut refusal = response(400, body);
    assert!(!token_response::wants_dpop_nonce(&refusal), "it does not say which");
    refusal.headers.push(("dpop-nonce".to_owned(), "eyJ7S_zG.eyJH0-Z.HX4w-7v".to_owned()));
    assert!(token_response::wants_dpop_nonce(&refusal));
}
