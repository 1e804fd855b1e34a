//! A string that cannot be printed by accident.

use std::fmt;

use zeroize::Zeroizing;

/// A client secret or a token.
///
/// It has no `Display`, no `Serialize` and no `PartialEq`; `Debug` shows a placeholder; the memory
/// is wiped when it is dropped. [`Secret::expose`] is the one way to the value, so each use can be
/// found by that name.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value into custody.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself: for building a request, never for a message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret([hidden])")
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        let secret = Secret::new("canary".to_owned());
        assert_eq!(format!("{secret:?} {secret:#?}"), "Secret([hidden]) Secret([hidden])");
        assert_eq!(secret.expose(), "canary");
    }
}
