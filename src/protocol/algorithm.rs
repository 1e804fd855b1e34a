//! The one table of signature algorithms. Nothing else switches on an algorithm's name.

use std::fmt;

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037). There is no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// ECDSA over P-384 with SHA-384.
    Es384,
    /// ECDSA over P-521 with SHA-512.
    Es512,
    /// Ed25519 (written `EdDSA` or `Ed25519`, RFC 9864).
    EdDsa,
    /// ML-DSA-44 (RFC 9964).
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

/// What kind of key and signature an algorithm needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// An RSA key, PKCS#1 v1.5 padding.
    RsaPkcs1,
    /// An RSA key, PSS padding with a salt as long as the hash.
    RsaPss,
    /// An elliptic curve key.
    Ecdsa,
    /// An octet key pair on Ed25519.
    Ed25519,
    /// An algorithm key pair of a module lattice (FIPS 204).
    MlDsa,
    /// A secret that both sides know. Keys from a URL are public: none of them is ever used for it.
    Hmac,
}

impl Algorithm {
    /// Those whose verifiers cannot sign.
    pub const ASYMMETRIC: [Self; 13] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::MlDsa44,
        Self::MlDsa65,
        Self::MlDsa87,
    ];

    /// Those of a shared secret.
    pub const SYMMETRIC: [Self; 3] = [Self::Hs256, Self::Hs384, Self::Hs512];

    /// The algorithm of an `alg` value, which is case-sensitive (RFC 7515 section 4.1.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDsa);
        }
        Self::ASYMMETRIC.into_iter().chain(Self::SYMMETRIC).find(|algorithm| algorithm.name() == name)
    }

    /// Its `alg` value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// The kind of key and signature.
    #[must_use]
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 => Scheme::RsaPkcs1,
            Self::Ps256 | Self::Ps384 | Self::Ps512 => Scheme::RsaPss,
            Self::Es256 | Self::Es384 | Self::Es512 => Scheme::Ecdsa,
            Self::EdDsa => Scheme::Ed25519,
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => Scheme::MlDsa,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Scheme::Hmac,
        }
    }

    /// The length of the hash in bytes; `EdDSA` and ML-DSA bring their own.
    #[must_use]
    pub const fn hash_length(self) -> usize {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 | Self::Hs256 => 32,
            Self::Rs384 | Self::Ps384 | Self::Es384 | Self::Hs384 => 48,
            _ => 64,
        }
    }

    /// The hash as Web Cryptography names it.
    #[must_use]
    pub const fn hash_name(self) -> &'static str {
        match self.hash_length() {
            32 => "SHA-256",
            48 => "SHA-384",
            _ => "SHA-512",
        }
    }

    /// The algorithm as Web Cryptography names it.
    #[must_use]
    pub const fn web_name(self) -> &'static str {
        match self.scheme() {
            Scheme::RsaPkcs1 => "RSASSA-PKCS1-v1_5",
            Scheme::RsaPss => "RSA-PSS",
            Scheme::Ecdsa => "ECDSA",
            Scheme::Ed25519 => "Ed25519",
            Scheme::MlDsa => self.name(),
            Scheme::Hmac => "HMAC",
        }
    }

    /// The `crv` its key must have, for the algorithms on curves.
    #[must_use]
    pub const fn curve(self) -> Option<&'static str> {
        match self {
            Self::Es256 => Some("P-256"),
            Self::Es384 => Some("P-384"),
            Self::Es512 => Some("P-521"),
            Self::EdDsa => Some("Ed25519"),
            _ => None,
        }
    }

    /// The length of a signature in bytes: exactly this, so DER is refused (RFC 7518 sections 3.2 and 3.4, RFC
    /// 8032 section 5.1.6, FIPS 204 section 4). `None` for RSA, where it is that of the modulus.
    #[must_use]
    pub const fn signature_length(self) -> Option<usize> {
        match self {
            Self::Es256 | Self::EdDsa => Some(64),
            Self::Es384 => Some(96),
            Self::Es512 => Some(132),
            Self::MlDsa44 => Some(2420),
            Self::MlDsa65 => Some(3309),
            Self::MlDsa87 => Some(4627),
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Some(self.hash_length()),
            _ => None,
        }
    }

    /// The length of a public key of a lattice in bytes (FIPS 204 section 4).
    #[must_use]
    pub const fn lattice_key_length(self) -> Option<usize> {
        match self {
            Self::MlDsa44 => Some(1312),
            Self::MlDsa65 => Some(1952),
            Self::MlDsa87 => Some(2592),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::Algorithm;

    #[test]
    fn names_are_exact() {
        for algorithm in Algorithm::ASYMMETRIC.into_iter().chain(Algorithm::SYMMETRIC) {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name("Ed25519"), Some(Algorithm::EdDsa));
        for name in ["none", "nOnE", "", "rs256", "RS256 ", "hs256", "ES256K", "RS1"] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }
}
