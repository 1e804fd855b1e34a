//! Private keys, as far as they can be judged without importing them: a wrong one is a mistake that is
//! named at once, and not by the host when the first token is asked for.

use zeroize::Zeroizing;

use crate::protocol::algorithm::{Algorithm, Scheme};
use crate::protocol::base64url;
use crate::protocol::json::Object;

/// What a key can sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFamily {
    /// RSA.
    Rsa,
    /// A curve, by its `crv`.
    Curve(&'static str),
}

/// What is wrong with a key; reads on from "the option ...". Never holds a part of it.
pub type KeyProblem = &'static str;

const UNREADABLE: KeyProblem = "cannot be read: it is cut off, or is no PKCS#8 key (RFC 5208)";
const UNSUPPORTED: KeyProblem = "is of a kind that is not supported: RSA, P-256, P-384, P-521 and Ed25519 are";

impl KeyFamily {
    /// Of a curve's name.
    ///
    /// # Errors
    /// When there is no signature algorithm for it.
    pub fn of_curve(crv: &str) -> Result<Self, KeyProblem> {
        let curves = Algorithm::ASYMMETRIC.into_iter().filter_map(Algorithm::curve);
        curves.into_iter().find(|known| *known == crv).map(Self::Curve).ok_or(UNSUPPORTED)
    }

    /// Of a private key as a JWK (RFC 7517).
    ///
    /// # Errors
    /// When it is another kind of key, or a public one.
    pub fn of_jwk(key: Object<'_>) -> Result<Self, KeyProblem> {
        let family = match key.text("kty") {
            Some("RSA") => Self::Rsa,
            Some("EC" | "OKP") => Self::of_curve(key.text("crv").unwrap_or_default())?,
            Some("oct") => return Err("is a shared secret (kty oct); a private key is needed"),
            Some(_) => return Err(UNSUPPORTED),
            None => return Err("must be a JWK (an object with kty), a PKCS#8 PEM text or a CryptoKey"),
        };
        if key.text("use").is_some_and(|purpose| purpose != "sig") {
            return Err("is for encryption (a JWK with use enc); one that may sign is needed");
        }
        if key.text("d").is_none_or(str::is_empty) {
            return Err("is a public key (a JWK without d); the private key is needed");
        }
        Ok(family)
    }

    /// Of a private key as PEM text (RFC 7468 section 10). `\n` may be written for a line's end, as
    /// environment variables have it.
    ///
    /// # Errors
    /// When it is anything else; with what to do about it.
    pub fn of_pem(text: &str) -> Result<Self, KeyProblem> {
        let label = text.split("-----BEGIN ").nth(1).and_then(|rest| rest.split("-----").next());
        match label.ok_or("must be a PKCS#8 PEM text, which begins with -----BEGIN PRIVATE KEY-----")? {
            "PRIVATE KEY" => {}
            "ENCRYPTED PRIVATE KEY" => {
                return Err("is encrypted; decrypt it first: openssl pkcs8 -in key.pem -out plain.pem");
            }
            "RSA PRIVATE KEY" => {
                return Err(
                    "is in the form of PKCS#1; convert it: openssl pkcs8 -topk8 -nocrypt -in key.pem -out pkcs8.pem",
                );
            }
            "EC PRIVATE KEY" => {
                return Err(
                    "is in the form of SEC 1; convert it: openssl pkcs8 -topk8 -nocrypt -in key.pem -out pkcs8.pem",
                );
            }
            "CERTIFICATE" => return Err("is a certificate; the private key is needed"),
            label if label.ends_with("PUBLIC KEY") => return Err("is a public key; the private key is needed"),
            _ => return Err("must be a PKCS#8 PEM text, which begins with -----BEGIN PRIVATE KEY-----"),
        }
        if !text.contains("-----END PRIVATE KEY-----") {
            return Err(UNREADABLE);
        }
        let body = text.split("-----").nth(2).unwrap_or_default().replace("\\n", "").replace("\\r", "");
        let body = Zeroizing::new(body);
        // The two alphabets differ in two characters, and one decoder is enough.
        let body = body.chars().filter(|c| !c.is_ascii_whitespace() && *c != '=').map(|c| match c {
            '+' => '-',
            '/' => '_',
            c => c,
        });
        let body: Zeroizing<String> = Zeroizing::new(body.collect());
        let der = Zeroizing::new(base64url::decode(&body).ok_or(UNREADABLE)?);
        Self::of_pkcs8(&der)
    }

    /// By the algorithm identifier, which stands right at the beginning. The host reads the rest.
    fn of_pkcs8(der: &[u8]) -> Result<Self, KeyProblem> {
        if !is_whole(der) {
            return Err(UNREADABLE);
        }
        let start = der.get(..der.len().min(40)).unwrap_or_default();
        let names = |identifier: &[u8]| start.windows(identifier.len()).any(|window| window == identifier);
        let family = IDENTIFIERS.iter().find(|(identifier, _)| names(identifier));
        match family {
            Some((_, family)) => Ok(*family),
            None => Err(UNSUPPORTED),
        }
    }

    /// Whether it can sign with an algorithm.
    #[must_use]
    pub fn fits(self, algorithm: Algorithm) -> bool {
        match self {
            Self::Rsa => matches!(algorithm.scheme(), Scheme::RsaPkcs1 | Scheme::RsaPss),
            Self::Curve(crv) => algorithm.curve() == Some(crv),
        }
    }

    /// The algorithm it signs with: the one that is wanted, or else the first of the table that fits.
    ///
    /// # Errors
    /// When the wanted one does not fit: which key it needs.
    pub fn algorithm(self, wanted: Option<Algorithm>) -> Result<Algorithm, String> {
        match wanted {
            Some(wanted) if self.fits(wanted) => Ok(wanted),
            Some(wanted) => {
                let kind = |curve: Option<&str>| curve.map_or("for RSA".to_owned(), |crv| format!("on {crv}"));
                let own = if let Self::Curve(crv) = self { Some(crv) } else { None };
                Err(format!("is a key {}; {} needs one {}", kind(own), wanted.name(), kind(wanted.curve())))
            }
            None => {
                Algorithm::ASYMMETRIC.into_iter().find(|known| self.fits(*known)).ok_or_else(|| UNSUPPORTED.to_owned())
            }
        }
    }
}

/// Whether this is one SEQUENCE and nothing else, with the length that it says (X.690 section 8.1.3).
fn is_whole(der: &[u8]) -> bool {
    match der {
        [0x30, 0x82, high, low, content @ ..] => content.len() == usize::from(u16::from_be_bytes([*high, *low])),
        [0x30, 0x81, length, content @ ..] | [0x30, length @ ..=0x7f, content @ ..] => {
            content.len() == usize::from(*length)
        }
        _ => false,
    }
}

/// DER object identifiers of PKCS#8 algorithm identifiers (RFC 8017 appendix A.1, RFC 5480 section
/// 2.1.1.1, RFC 8410 section 3).
const IDENTIFIERS: [(&[u8], KeyFamily); 5] = [
    (&[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01], KeyFamily::Rsa),
    (&[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], KeyFamily::Curve("P-256")),
    (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22], KeyFamily::Curve("P-384")),
    (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23], KeyFamily::Curve("P-521")),
    (&[0x06, 0x03, 0x2b, 0x65, 0x70], KeyFamily::Curve("Ed25519")),
];

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::KeyFamily;
    use crate::protocol::algorithm::Algorithm;
    use crate::protocol::json;

    const P256: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----
";
    const ED25519: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----";

    #[test]
    fn a_pkcs8_pem_says_what_it_is_for() {
        assert_eq!(KeyFamily::of_pem(P256), Ok(KeyFamily::Curve("P-256")));
        assert_eq!(KeyFamily::of_pem(ED25519), Ok(KeyFamily::Curve("Ed25519")));
        assert_eq!(KeyFamily::of_pem(&P256.replace('\n', "\\n")), Ok(KeyFamily::Curve("P-256")), "from an environment");
        assert_eq!(KeyFamily::of_pem(&P256.replace('\n', "\r\n")), Ok(KeyFamily::Curve("P-256")));
    }

    #[test]
    fn a_pem_that_is_something_else_is_named() {
        for (label, told) in [
            ("ENCRYPTED PRIVATE KEY", "is encrypted"),
            ("RSA PRIVATE KEY", "PKCS#1"),
            ("EC PRIVATE KEY", "SEC 1"),
            ("PUBLIC KEY", "public key"),
            ("RSA PUBLIC KEY", "public key"),
            ("CERTIFICATE", "certificate"),
            ("OPENSSH PRIVATE KEY", "must be a PKCS#8"),
        ] {
            let problem = KeyFamily::of_pem(&P256.replace("PRIVATE KEY", label)).unwrap_err();
            assert!(problem.contains(told), "{label}: {problem}");
        }
        for text in [
            "",
            "canary",
            "-----BEGIN ",
            "MIGH",
            P256.get(..120).unwrap(),
            "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----",
        ] {
            assert!(KeyFamily::of_pem(text).is_err(), "{text}");
        }
        let cut = P256.replace("1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n", "");
        assert!(KeyFamily::of_pem(&cut).unwrap_err().contains("cut off"), "a line is missing");
        let other = "-----BEGIN PRIVATE KEY-----\nMAUGAytlbg==\n-----END PRIVATE KEY-----";
        assert!(KeyFamily::of_pem(other).unwrap_err().contains("not supported"), "X25519 cannot sign");
    }

    #[test]
    fn a_jwk_must_be_a_private_signing_key() {
        let family = |text: &str| KeyFamily::of_jwk(json::object(text).unwrap().root());
        assert_eq!(family(r#"{"kty":"RSA","d":"x"}"#), Ok(KeyFamily::Rsa));
        assert_eq!(family(r#"{"kty":"OKP","crv":"Ed25519","d":"x"}"#), Ok(KeyFamily::Curve("Ed25519")));
        for (text, told) in [
            (r#"{"kty":"RSA"}"#, "public key"),
            (r#"{"kty":"EC","crv":"P-256","d":""}"#, "public key"),
            (r#"{"kty":"RSA","d":"x","use":"enc"}"#, "encryption"),
            (r#"{"kty":"oct","k":"x"}"#, "shared secret"),
            (r#"{"kty":"OKP","crv":"X25519","d":"x"}"#, "not supported"),
            (r#"{"kty":"EC","crv":"secp256k1","d":"x"}"#, "not supported"),
            (r#"{"kty":7}"#, "must be a JWK"),
            (r"{}", "must be a JWK"),
        ] {
            assert!(family(text).unwrap_err().contains(told), "{text}");
        }
    }

    #[test]
    fn a_key_signs_with_what_fits_its_type() {
        assert_eq!(KeyFamily::Rsa.algorithm(None), Ok(Algorithm::Rs256));
        assert_eq!(KeyFamily::Rsa.algorithm(Some(Algorithm::Ps512)), Ok(Algorithm::Ps512));
        assert_eq!(KeyFamily::Curve("P-384").algorithm(None), Ok(Algorithm::Es384));
        let problem = KeyFamily::Curve("P-384").algorithm(Some(Algorithm::Es256)).unwrap_err();
        assert_eq!(problem, "is a key on P-384; ES256 needs one on P-256");
        let problem = KeyFamily::Curve("Ed25519").algorithm(Some(Algorithm::Ps256)).unwrap_err();
        assert_eq!(problem, "is a key on Ed25519; PS256 needs one for RSA");
        assert!(KeyFamily::Rsa.algorithm(Some(Algorithm::Hs256)).is_err());
    }
}
