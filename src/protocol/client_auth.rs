//! How a client proves who it is at an endpoint of the authorization server (RFC 6749 section 2.3,
//! RFC 7521 section 4.2, RFC 8705 section 2).
//!
//! Credentials go to one place: the header, or the body. A server must refuse two (RFC 6749 section
//! 2.3), and many do.

use form_urlencoded::Serializer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::protocol::base64url;
use crate::protocol::http::{Method, Request};
use crate::protocol::secret::Secret;
use crate::protocol::url::HttpUrl;

/// A client authentication method, by the names of the IANA registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// Id and secret in the body.
    SecretPost,
    /// Id and secret in the Authorization header, form-encoded first, as RFC 6749 section 2.3.1 wants it.
    SecretBasic,
    /// The same without encoding, for servers that decode nothing.
    SecretBasicRaw,
    /// A JWT that is signed with the secret (`OpenID` Connect Core section 9).
    SecretJwt,
    /// A JWT that is signed with a private key (RFC 7523 section 2.2).
    PrivateKeyJwt,
    /// A certificate that the connection presents (RFC 8705 section 2).
    Tls,
    /// None: a public client, or one that is recognised otherwise.
    None,
}

/// What a method proves the client's identity with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// A secret that both sides know.
    Secret,
    /// A private key, or an assertion that somebody else has signed.
    Key,
    /// Nothing that is sent.
    Nothing,
}

impl AuthMethod {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::SecretPost,
        Self::SecretBasic,
        Self::SecretBasicRaw,
        Self::SecretJwt,
        Self::PrivateKeyJwt,
        Self::Tls,
        Self::None,
    ];

    /// The method of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SecretPost => "client_secret_post",
            Self::SecretBasic => "client_secret_basic",
            Self::SecretBasicRaw => "client_secret_basic_raw",
            Self::SecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::Tls => "tls_client_auth",
            Self::None => "none",
        }
    }

    /// What it takes.
    #[must_use]
    pub const fn means(self) -> Means {
        match self {
            Self::SecretPost | Self::SecretBasic | Self::SecretBasicRaw | Self::SecretJwt => Means::Secret,
            Self::PrivateKeyJwt => Means::Key,
            Self::Tls | Self::None => Means::Nothing,
        }
    }
}

/// The `client_assertion_type` of a JWT (RFC 7523 section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What is left as it is in an id or a secret: whatever means itself to those who decode a form, and
/// to those who decode percent signs only. A space is `%20`, which both read.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// A client's proof for one request.
#[derive(Debug, Clone)]
pub struct Authentication {
    /// The client id.
    pub client_id: String,
    /// How it is proved.
    pub method: AuthMethod,
    /// The secret or the signed assertion; none for the methods that send nothing.
    pub credential: Option<Secret>,
}

impl Authentication {
    /// A form that is posted to an endpoint with this proof, in one place of it. The fields follow the
    /// first of them after the proof.
    #[must_use]
    pub fn post(&self, endpoint: &HttpUrl, first: (&str, &str), fields: &[(&str, &str)]) -> Request {
        let mut headers = vec![
            ("accept", "application/json".to_owned().into()),
            ("content-type", "application/x-www-form-urlencoded".to_owned().into()),
        ];
        let id = self.client_id.as_str();
        let credential = self.credential.as_ref().map_or("", Secret::expose);
        let mut pairs = vec![first];
        match self.method {
            AuthMethod::SecretPost => pairs.extend([("client_id", id), ("client_secret", credential)]),
            AuthMethod::SecretJwt | AuthMethod::PrivateKeyJwt => pairs.extend([
                ("client_id", id),
                ("client_assertion_type", JWT_BEARER),
                ("client_assertion", credential),
            ]),
            AuthMethod::SecretBasic => headers.push(("authorization", basic(&encoded(id), &encoded(credential)))),
            AuthMethod::SecretBasicRaw => headers.push(("authorization", basic(id, credential))),
            AuthMethod::Tls | AuthMethod::None => pairs.push(("client_id", id)),
        }
        pairs.extend(fields);
        // Room for the whole body at once: a String that grows leaves copies of the secret behind.
        let length =
            |total: usize, (name, value): &(&str, &str)| total.saturating_add(name.len()).saturating_add(value.len());
        let capacity = pairs.iter().fold(pairs.len(), length).saturating_mul(3);
        let mut body = Serializer::new(String::with_capacity(capacity));
        body.extend_pairs(pairs);
        Request { method: Method::Post, url: endpoint.clone(), headers, body: Some(Zeroizing::new(body.finish())) }
    }
}

fn encoded(text: &str) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
    encoded.extend(utf8_percent_encode(text, &ENCODED));
    encoded
}

/// RFC 7617 section 2, with the scheme spelled the way strict servers insist on.
fn basic(id: &str, secret: &str) -> Zeroizing<String> {
    let mut pair = Zeroizing::new(String::with_capacity(id.len().saturating_add(secret.len()).saturating_add(1)));
    pair.push_str(id);
    pair.push(':');
    pair.push_str(secret);
    let mut value = Zeroizing::new("Basic ".to_owned());
    let encoded = Zeroizing::new(base64url::encode(pair.as_bytes()));
    // The alphabets differ in two characters, and one encoder is enough.
    value.extend(encoded.chars().map(|character| match character {
        '-' => '+',
        '_' => '/',
        character => character,
    }));
    value.extend(std::iter::repeat_n('=', encoded.len().wrapping_neg() % 4));
    value
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{AuthMethod, Authentication};
    use crate::protocol::secret::Secret;
    use crate::protocol::url::{HttpUrl, Transport};

    fn sent(method: AuthMethod, id: &str, credential: Option<&str>) -> (Option<String>, String) {
        let endpoint = HttpUrl::parse("https://as.example/token", Transport::Secure).unwrap();
        let credential = credential.map(|text| Secret::new(text.to_owned()));
        let request = Authentication { client_id: id.to_owned(), method, credential }.post(
            &endpoint,
            ("grant_type", "client_credentials"),
            &[("scope", "a b")],
        );
        let header = request.headers.iter().find(|(name, _)| *name == "authorization");
        (header.map(|(_, value)| value.to_string()), request.body.unwrap().to_string())
    }

    #[test]
    fn names_are_those_of_the_registry() {
        for method in AuthMethod::ALL {
            assert_eq!(AuthMethod::from_name(method.name()), Some(method));
        }
        assert_eq!(AuthMethod::from_name("client_secret"), None);
    }

    #[test]
    fn a_secret_in_the_body_is_nowhere_else() {
        assert_eq!(
            sent(AuthMethod::SecretPost, "me", Some("s+")),
            (None, "grant_type=client_credentials&client_id=me&client_secret=s%2B&scope=a+b".to_owned())
        );
    }

    /// RFC 6749 section 2.3.1.
    #[test]
    fn a_secret_in_the_header_is_nowhere_else() {
        let (header, body) = sent(AuthMethod::SecretBasic, "s6BhdRkqt3", Some("7Fjfp0ZBr1KtDRbnfVdmIw"));
        assert_eq!(header.as_deref(), Some("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"));
        assert_eq!(body, "grant_type=client_credentials&scope=a+b");
    }

    /// The credentials of openid/AppAuth-Android#337, with `%20` for the space: servers that decode
    /// percent signs only read it, too.
    #[test]
    fn what_must_be_encoded_in_the_header_is_encoded() {
        let secret = "z/tZ9VwFZqApmIQ+ZH1I5pLk/uB4ud:X2/8bL+wfFTt1rFw=";
        let (header, _) = sent(AuthMethod::SecretBasic, "1PpG/Q 1", Some(secret));
        // 1PpG%2FQ%201:z%2FtZ9VwFZqApmIQ%2BZH1I5pLk%2FuB4ud%3AX2%2F8bL%2BwfFTt1rFw%3D
        assert_eq!(
            header.as_deref(),
            Some(
                "Basic MVBwRyUyRlElMjAxOnolMkZ0WjlWd0ZacUFwbUlRJTJCWkgxSTVwTGslMkZ1QjR1ZCUzQVgyJTJGOGJMJTJCd2ZGVHQxckZ3JTNE"
            )
        );
    }

    #[test]
    fn what_need_not_be_encoded_is_left_alone() {
        assert_eq!(super::encoded("aZ09-._~!*'()").as_str(), "aZ09-._~!*'()");
        assert_eq!(super::encoded("é%").as_str(), "%C3%A9%25");
    }

    #[test]
    fn servers_that_decode_nothing_get_id_and_secret_as_they_are() {
        let (header, _) = sent(AuthMethod::SecretBasicRaw, "me", Some("a b+%"));
        assert_eq!(header.as_deref(), Some("Basic bWU6YSBiKyU="));
    }

    /// RFC 7523 section 2.2.
    #[test]
    fn an_assertion_goes_with_its_type() {
        for method in [AuthMethod::SecretJwt, AuthMethod::PrivateKeyJwt] {
            let (header, body) = sent(method, "me", Some("h.p.s"));
            assert_eq!(header, None);
            assert_eq!(
                body,
                "grant_type=client_credentials&client_id=me&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=h.p.s&scope=a+b"
            );
        }
    }

    /// RFC 8705 section 2: the client id says which certificate is meant.
    #[test]
    fn without_a_credential_the_client_id_goes_alone() {
        for method in [AuthMethod::Tls, AuthMethod::None] {
            let form = "grant_type=client_credentials&client_id=me&scope=a+b".to_owned();
            assert_eq!(sent(method, "me", None), (None, form));
        }
    }
}
