//! What one word about a server changes of a token request: where it goes, what names the API, whom an assertion is for and
//! where the id of its key is.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

mod support;

use base64ct::{Base64UrlUnpadded, Encoding};
use gatepass::flow::authorization_server::AuthorizationServer;
use gatepass::flow::client::{Client, Credential, PrivateKey};
use gatepass::host::fake::Seen;
use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::client_auth::AuthMethod;
use gatepass::protocol::profile::Profile;
use gatepass::protocol::secret::Secret;
use gatepass::protocol::url::Transport;
use serde_json::Value;

use crate::support::{TokenUser, audience, grants, issuer};

/// The base64url of a SHA-1 digest, and of a SHA-256 one.
const SHA1: &str = "hOBcHZi846VCHQoW2VtMfMnAcV8";
const SHA256: &str = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";

/// The token request of a client with a key, and the header and claims of its assertion.
fn request(profile: Profile, name: &str, key_id: &str) -> (Seen, Value, Value) {
    let server = AuthorizationServer::new(profile, issuer(name), Transport::Secure);
    let text = Some(Secret::new("a key".to_owned()));
    let key = PrivateKey { text, number: 0, algorithm: Algorithm::Ps256, key_id: Some(key_id.to_owned()) };
    let client = Client::new(server, "machine".to_owned(), AuthMethod::PrivateKeyJwt, Credential::Key(key));
    let user = TokenUser::new(grants(3600));
    user.get(&client, &audience("api://orders")).unwrap();
    let seen = user.host.seen().into_iter().find(|seen| seen.method == "POST").unwrap();
    let assertion = seen.body.split("client_assertion=").nth(1).unwrap().to_owned();
    let part = |number| {
        let bytes = Base64UrlUnpadded::decode_vec(assertion.split('.').nth(number).unwrap()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    (seen, part(0), part(1))
}

/// learn.microsoft.com/entra/identity-platform, "Certificate credentials".
#[test]
fn entra_knows_a_key_by_the_thumbprint_of_its_certificate_and_an_api_by_a_scope() {
    for (key_id, member) in [(SHA1, "x5t"), (SHA256, "x5t#S256")] {
        let (seen, header, claims) = request(Profile::Entra, "https://login.microsoftonline.com/t1/v2.0", key_id);
        assert_eq!(seen.url, "https://login.microsoftonline.com/t1/oauth2/v2.0/token");
        assert_eq!((&header[member], &header["kid"]), (&Value::from(key_id), &Value::Null));
        assert_eq!(claims["aud"], "https://login.microsoftonline.com/t1/oauth2/v2.0/token");
        assert!(seen.body.contains("scope=api%3A%2F%2Forders%2F.default") && !seen.body.contains("audience="));
    }
}

#[test]
fn the_others_know_a_key_by_its_id() {
    for (profile, name, endpoint, aud) in [
        (Profile::Auth0, "https://t.example/", "https://t.example/oauth/token", "https://t.example/"),
        (Profile::Okta, "https://t.example", "https://t.example/oauth2/v1/token", "https://t.example/oauth2/v1/token"),
        (
            Profile::Keycloak,
            "https://t.example/realms/r",
            "https://t.example/realms/r/protocol/openid-connect/token",
            "https://t.example/realms/r",
        ),
    ] {
        let (seen, header, claims) = request(profile, name, SHA1);
        assert_eq!(
            (seen.url.as_str(), &claims["aud"], &header["kid"]),
            (endpoint, &Value::from(aud), &Value::from(SHA1))
        );
        assert_eq!(seen.body.contains("audience=api%3A%2F%2Forders"), profile != Profile::Okta);
    }
}
