//! Keys of an issuer (RFC 7517): read, judged, chosen.

use crate::protocol::algorithm::{Algorithm, Scheme};
use crate::protocol::base64url;
use crate::protocol::digest::sha256_base64url;
use crate::protocol::json::{self, Object, Value};
use crate::protocol::secret::Secret;

/// The most bytes a key set may have.
pub const MAX_KEY_SET_BYTES: usize = 256 * 1024;
/// The most keys that are read from a set.
const MAX_KEYS: usize = 64;
/// The longest key id, in bytes, that is compared.
pub const MAX_KEY_ID_BYTES: usize = 512;
/// The most keys that are tried for one token.
const MAX_CANDIDATES: usize = 4;

/// What a key is good for, by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Material {
    /// With the length of its modulus in bytes.
    Rsa(usize),
    /// With its `crv`.
    Curve(&'static str),
    /// With its algorithm.
    Lattice(Algorithm),
    /// With its length in bytes.
    Shared(usize),
}

/// A key that may verify signatures: a public one, or a secret that the caller has given.
#[derive(Debug, Clone)]
pub struct Jwk {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    material: Material,
    /// The members that define it, and no other, so that nothing else of a foreign key set reaches the host.
    json: Secret,
}

/// Why a key of a set is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// Not an object, or a member of the wrong type.
    Malformed,
    /// A key type, curve or algorithm that is not supported; `oct` among them.
    Unsupported,
    /// Not for verifying signatures (`use`, `key_ops`).
    Purpose,
    /// It carries private members: a secret that has been published.
    Private,
    /// An RSA key under 2048 or over 8192 bits, with an exponent that is even or 1, or of a generator
    /// whose keys can be factored (ROCA, CVE-2017-15361).
    Weak,
}

impl Jwk {
    /// Reads one public key.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn read(value: Value<'_>) -> Result<Self, Unusable> {
        let key = value.as_object().ok_or(Unusable::Malformed)?;
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].iter().any(|name| key.contains(name)) {
            return Err(Unusable::Private);
        }
        if text(key, "use")?.is_some_and(|purpose| purpose != "sig") {
            return Err(Unusable::Purpose);
        }
        if let Some(operations) = key.get("key_ops") {
            let operations = operations.as_array().ok_or(Unusable::Malformed)?;
            if !operations.iter().any(|operation| operation.as_str() == Some("verify")) {
                return Err(Unusable::Purpose);
            }
        }
        let kid = text(key, "kid")?.map(str::to_owned);
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KEY_ID_BYTES) {
            return Err(Unusable::Malformed);
        }
        let algorithm = match text(key, "alg")? {
            Some(name) => Some(Algorithm::from_name(name).ok_or(Unusable::Unsupported)?),
            None => None,
        };
        let (material, json) = match text(key, "kty")?.ok_or(Unusable::Malformed)? {
            "RSA" => rsa(key)?,
            "EC" => curve(key, "EC")?,
            "OKP" => curve(key, "OKP")?,
            "AKP" => lattice(key, algorithm)?,
            _ => return Err(Unusable::Unsupported),
        };
        match algorithm {
            Some(algorithm) if !material.fits(algorithm) => Err(Unusable::Malformed),
            _ => Ok(Self { kid, algorithm, material, json: Secret::new(json) }),
        }
    }

    /// A secret of the caller's, in base64url. Nothing that is read from a key set ever is one.
    #[must_use]
    pub fn shared_secret(secret: &str) -> Option<Self> {
        let material = Material::Shared(bytes(secret).ok()?.len());
        let json = Secret::new(format!(r#"{{"k":"{secret}","kty":"oct"}}"#));
        Some(Self { kid: None, algorithm: None, material, json })
    }

    /// Its key id.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm that it says it is for.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Whether this key may verify `algorithm`: its type and curve fit, and so does its own `alg`
    /// if it states one.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|own| own == algorithm) && self.material.fits(algorithm)
    }

    const fn is_secret(&self) -> bool {
        matches!(self.material, Material::Shared(_))
    }

    /// The length in bytes that a signature by this key must have.
    #[must_use]
    pub fn signature_length(&self, algorithm: Algorithm) -> Option<usize> {
        match self.material {
            Material::Rsa(modulus_bytes) => Some(modulus_bytes),
            _ => algorithm.signature_length(),
        }
    }

    /// The key as the host imports it: nothing but the members that define it.
    #[must_use]
    pub fn host_json(&self) -> &str {
        self.json.expose()
    }

    /// Its SHA-256 thumbprint in base64url (RFC 7638 section 3).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        sha256_base64url(self.json.expose().as_bytes())
    }
}

impl Material {
    fn fits(self, algorithm: Algorithm) -> bool {
        match (self, algorithm.scheme()) {
            (Self::Rsa(_), Scheme::RsaPkcs1 | Scheme::RsaPss) => true,
            (Self::Curve(crv), Scheme::Ecdsa | Scheme::Ed25519) => algorithm.curve() == Some(crv),
            (Self::Lattice(own), Scheme::MlDsa) => own == algorithm,
            // RFC 7518 section 3.2: a secret is at least as long as the hash.
            (Self::Shared(bytes), Scheme::Hmac) => bytes >= algorithm.hash_length(),
            _ => false,
        }
    }
}

fn text<'a>(key: Object<'a>, name: &str) -> Result<Option<&'a str>, Unusable> {
    match key.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Unusable::Malformed),
    }
}

fn required<'a>(key: Object<'a>, name: &str) -> Result<&'a str, Unusable> {
    text(key, name)?.ok_or(Unusable::Malformed)
}

fn bytes(encoded: &str) -> Result<Vec<u8>, Unusable> {
    base64url::decode(encoded).ok_or(Unusable::Malformed)
}

// What these give as JSON is base64url and names of our own: nothing to escape, and no serialiser to ship. It is in
// the order that a thumbprint wants (RFC 7638 section 3.3).

fn rsa(key: Object<'_>) -> Result<(Material, String), Unusable> {
    let (n, e) = (required(key, "n")?, required(key, "e")?);
    let modulus = bytes(n)?;
    // Base64urlUInt has no leading zeros (RFC 7518 section 2), but keys with one exist.
    let modulus =
        modulus.iter().position(|byte| *byte != 0).and_then(|start| modulus.get(start..)).ok_or(Unusable::Weak)?;
    let leading = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = modulus.len().saturating_mul(8).saturating_sub(leading);
    if !(2048..=8192).contains(&bits) {
        return Err(Unusable::Weak);
    }
    let exponent = bytes(e)?;
    let odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    let one = exponent.last() == Some(&1) && exponent.iter().rev().skip(1).all(|byte| *byte == 0);
    if !odd || one || is_roca(modulus) {
        return Err(Unusable::Weak);
    }
    Ok((Material::Rsa(modulus.len()), format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)))
}

/// Whether a modulus bears the mark of the generator of CVE-2017-15361: modulo each of these primes it is
/// a power of 65537. Of other moduli about one in 2^27 is.
fn is_roca(modulus: &[u8]) -> bool {
    const PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
    PRIMES.into_iter().all(|prime| {
        let modulo = |number: u32| number.checked_rem(prime).unwrap_or(0);
        let rest = modulus.iter().fold(0, |rest: u32, byte| modulo((rest << 8) | u32::from(*byte)));
        let powers = std::iter::successors(Some(1), |power: &u32| Some(modulo(power.wrapping_mul(65537))));
        powers.take(prime as usize).any(|power| power == rest)
    })
}

/// RFC 9964 section 4: the algorithm is part of the key.
fn lattice(key: Object<'_>, algorithm: Option<Algorithm>) -> Result<(Material, String), Unusable> {
    let algorithm = algorithm.ok_or(Unusable::Malformed)?;
    let public = required(key, "pub")?;
    if Some(bytes(public)?.len()) != algorithm.lattice_key_length() {
        return Err(Unusable::Malformed);
    }
    let json = format!(r#"{{"alg":"{}","kty":"AKP","pub":"{public}"}}"#, algorithm.name());
    Ok((Material::Lattice(algorithm), json))
}

fn curve(key: Object<'_>, kty: &'static str) -> Result<(Material, String), Unusable> {
    let (crv, length, needs_y) = match (kty, required(key, "crv")?) {
        ("EC", "P-256") => ("P-256", 32, true),
        ("EC", "P-384") => ("P-384", 48, true),
        ("EC", "P-521") => ("P-521", 66, true),
        ("OKP", "Ed25519") => ("Ed25519", 32, false),
        _ => return Err(Unusable::Unsupported),
    };
    let coordinate = |name| match required(key, name)? {
        text if bytes(text)?.len() == length => Ok(text),
        _ => Err(Unusable::Malformed),
    };
    let x = coordinate("x")?;
    let y = if needs_y { format!(r#","y":"{}""#, coordinate("y")?) } else { String::new() };
    Ok((Material::Curve(crv), format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"{y}}}"#)))
}

/// The usable keys of an issuer, and how many were left out.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<Jwk>,
    skipped: Vec<Unusable>,
}

/// The document is not a JWK Set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAKeySet;

impl KeySet {
    /// Reads a JWK Set. A key that cannot be used is left out and does not spoil the others.
    ///
    /// # Errors
    /// When the document is too large, not strict JSON, has no `keys` array, or too many keys.
    pub fn read(document: &[u8]) -> Result<Self, NotAKeySet> {
        if document.len() > MAX_KEY_SET_BYTES {
            return Err(NotAKeySet);
        }
        Self::of(json::object(json::unmarked(document)).map_err(|_| NotAKeySet)?.root())
    }

    /// Reads a JWK Set that has been parsed.
    ///
    /// # Errors
    /// When it has no `keys` array, or too many keys.
    pub fn of(document: Object<'_>) -> Result<Self, NotAKeySet> {
        let members = document.array("keys").ok_or(NotAKeySet)?;
        if members.iter().count() > MAX_KEYS {
            return Err(NotAKeySet);
        }
        let mut set = Self::default();
        for member in members {
            match Jwk::read(member) {
                Ok(key) => set.keys.push(key),
                Err(why) => set.skipped.push(why),
            }
        }
        Ok(set)
    }

    /// A set of one secret, in base64url.
    #[must_use]
    pub fn of_secret(secret: &str) -> Option<Self> {
        Some(Self { keys: vec![Jwk::shared_secret(secret)?], skipped: Vec::new() })
    }

    /// The usable keys.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// Why the other keys were left out.
    #[must_use]
    pub fn skipped(&self) -> &[Unusable] {
        &self.skipped
    }

    /// The positions of the keys to try for a token with this `kid` and algorithm: those with that
    /// id, or, for a token without an id, all that fit the algorithm; at most 4. A secret is known by no id.
    pub fn candidates(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = (usize, &Jwk)> {
        self.keys
            .iter()
            .enumerate()
            .filter(move |(_, key)| key.fits(algorithm) && (kid.is_none() || key.kid() == kid || key.is_secret()))
            .take(MAX_CANDIDATES)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use serde_json::{Value, json};

    use super::{Jwk, KeySet, NotAKeySet, Unusable};
    use crate::protocol::algorithm::Algorithm;
    use crate::protocol::base64url;
    use crate::protocol::json::object;

    fn rsa(bits: usize, e: &str) -> Value {
        let mut n = vec![0xff_u8; bits / 8];
        n[0] = 0x80;
        json!({"kty": "RSA", "n": base64url::encode(&n), "e": e})
    }

    fn read(key: &Value) -> Result<Jwk, Unusable> {
        let document = json!({ "key": key }).to_string();
        Jwk::read(object(document.as_bytes()).unwrap().root().get("key").unwrap())
    }

    fn with(mut key: Value, name: &str, value: impl Into<Value>) -> Value {
        key[name] = value.into();
        key
    }

    fn p256() -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": "A".repeat(43), "y": "A".repeat(43)})
    }

    #[test]
    fn a_key_fits_only_its_own_kind_of_algorithm() {
        let key = read(&rsa(2048, "AQAB")).unwrap();
        assert!(key.fits(Algorithm::Rs256) && key.fits(Algorithm::Ps512));
        assert!(!key.fits(Algorithm::Es256));
        assert_eq!(key.signature_length(Algorithm::Rs256), Some(256));
        let key = read(&with(rsa(2048, "AQAB"), "alg", "RS256")).unwrap();
        assert!(key.fits(Algorithm::Rs256) && !key.fits(Algorithm::Ps256) && !key.fits(Algorithm::Rs512));
        let key = read(&p256()).unwrap();
        assert!(key.fits(Algorithm::Es256) && !key.fits(Algorithm::Es384) && !key.fits(Algorithm::Rs256));
        assert_eq!(key.signature_length(Algorithm::Es256), Some(64));
    }

    #[test]
    fn thumbprints_are_those_of_rfc_7638_section_3_1_and_rfc_8037_appendix_a_3() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJE\
            CPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Q\
            vzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6\
            WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
        assert_eq!(read(&key).unwrap().thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(read(&key).unwrap().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn keys_that_must_not_verify_are_left_out() {
        use Unusable::{Malformed, Private, Purpose, Unsupported, Weak};
        for (key, why) in [
            (json!("text"), Malformed),
            (json!({"kty": "oct", "k": "AAAA"}), Private),
            (json!({"kty": "oct"}), Unsupported),
            (with(rsa(2048, "AQAB"), "d", "AA"), Private),
            (with(rsa(2048, "AQAB"), "use", "enc"), Purpose),
            (with(rsa(2048, "AQAB"), "key_ops", json!(["encrypt"])), Purpose),
            (with(rsa(2048, "AQAB"), "kid", 1), Malformed),
            (with(rsa(2048, "AQAB"), "kid", "k".repeat(513)), Malformed),
            (with(rsa(2048, "AQAB"), "alg", "RSA-OAEP"), Unsupported),
            (with(rsa(2048, "AQAB"), "alg", "ES256"), Malformed),
            (rsa(1024, "AQAB"), Weak),
            (rsa(16384, "AQAB"), Weak),
            (rsa(2048, "AQ"), Weak),
            (rsa(2048, "AAAB"), Weak),
            (rsa(2048, "AQAC"), Weak),
            (rsa(2048, ""), Weak),
            (with(p256(), "crv", "P-384"), Malformed),
            (with(p256(), "crv", "secp256k1"), Unsupported),
            (with(p256(), "x", "A".repeat(42)), Malformed),
            (with(p256(), "y", format!("{}=", "A".repeat(42))), Malformed),
            (json!({"kty": "OKP", "crv": "Ed448", "x": "A"}), Unsupported),
        ] {
            assert_eq!(read(&key).err(), Some(why), "{key}");
        }
    }

    #[test]
    fn a_key_of_a_lattice_belongs_to_one_algorithm() {
        let lattice =
            |alg: &str, bytes: usize| json!({"kty": "AKP", "alg": alg, "pub": base64url::encode(&vec![1; bytes])});
        let key = read(&lattice("ML-DSA-65", 1952)).unwrap();
        assert!(key.fits(Algorithm::MlDsa65) && !key.fits(Algorithm::MlDsa44) && !key.fits(Algorithm::EdDsa));
        assert_eq!(key.signature_length(Algorithm::MlDsa65), Some(3309));
        for key in
            [lattice("ML-DSA-65", 1951), lattice("ML-DSA-44", 1952), lattice("RS256", 1952), json!({"kty": "AKP"})]
        {
            assert_eq!(read(&key).err(), Some(Unusable::Malformed));
        }
    }

    #[test]
    fn a_secret_fits_the_hashes_that_are_no_longer_than_itself_and_is_not_shown() {
        let key = Jwk::shared_secret(&"YWFh".repeat(16)).unwrap();
        assert!(key.fits(Algorithm::Hs256) && key.fits(Algorithm::Hs384) && !key.fits(Algorithm::Hs512));
        assert!(!key.fits(Algorithm::Rs256));
        assert_eq!(key.signature_length(Algorithm::Hs384), Some(48));
        assert!(!format!("{key:?}").contains("YWFh"), "{key:?}");
        let set = KeySet::of_secret(&"YWFh".repeat(16)).unwrap();
        assert_eq!(set.candidates(Some("any"), Algorithm::Hs256).count(), 1);
        assert!(key.host_json().contains("YWFh"));
    }

    #[test]
    fn a_modulus_of_the_generator_of_cve_2017_15361_is_weak() {
        // 65537 to the power of 5, times nothing else: modulo each prime it is a power of 65537.
        let mut modulus = [0_u32; 256];
        modulus[0] = 1;
        for _ in 0..127 {
            let mut carry = 0;
            for byte in &mut modulus {
                let sum = *byte * 65537 + carry;
                (*byte, carry) = (sum & 0xff, sum >> 8);
            }
        }
        let modulus: Vec<u8> =
            modulus.iter().rev().skip_while(|byte| **byte == 0).map(|byte| u8::try_from(*byte).unwrap()).collect();
        assert!(super::is_roca(&modulus));
        let mut other = modulus;
        *other.last_mut().unwrap() ^= 2;
        assert!(!super::is_roca(&other));
    }

    #[test]
    fn a_bad_key_does_not_spoil_the_good_ones() {
        let set =
            json!({"keys": [null, with(p256(), "kid", "a"), rsa(1024, "AQAB"), with(rsa(2048, "AQAB"), "kid", "b")]});
        let set = KeySet::read(set.to_string().as_bytes()).unwrap();
        assert_eq!((set.keys().len(), set.skipped().len()), (2, 2));
        let kids =
            |kid, algorithm| set.candidates(kid, algorithm).map(|(_, key)| key.kid().unwrap()).collect::<Vec<_>>();
        assert_eq!(kids(Some("a"), Algorithm::Es256), ["a"]);
        assert_eq!(kids(Some("a"), Algorithm::Rs256), [""; 0]);
        assert_eq!(kids(None, Algorithm::Rs256), ["b"]);
    }

    #[test]
    fn at_most_four_keys_are_tried_for_one_token() {
        let set = json!({"keys": vec![p256(); 10]});
        let set = KeySet::read(set.to_string().as_bytes()).unwrap();
        assert_eq!(set.candidates(None, Algorithm::Es256).count(), 4);
    }

    #[test]
    fn what_is_not_a_key_set_is_refused() {
        for document in ["", "<html>", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
            assert_eq!(KeySet::read(document.as_bytes()).err(), Some(NotAKeySet), "{document}");
        }
        assert_eq!(KeySet::read(json!({"keys": vec![p256(); 65]}).to_string().as_bytes()).err(), Some(NotAKeySet));
        assert_eq!(KeySet::read(&[b' '; 300 * 1024]).err(), Some(NotAKeySet));
    }

    #[test]
    fn only_the_members_that_define_a_key_reach_the_host() {
        let key = with(with(p256(), "kid", "a"), "x5c", json!(["AAAA"]));
        let public: Value = serde_json::from_str(read(&key).unwrap().host_json()).unwrap();
        assert_eq!(public, p256());
    }
}
