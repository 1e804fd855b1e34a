//! A token as it lies in a shared store, under its seal.
//!
//! One field a line, the free text last: nothing to escape. Times are absolute, so that an old
//! record which is put back does not come to life again.

use zeroize::Zeroizing;

use crate::protocol::access_token::{AccessToken, TokenType};
use crate::protocol::secret::Secret;
use crate::protocol::time::Timestamp;

/// The first line; records of other versions are not read.
const VERSION: &str = "gatepass token 1";
/// What stands for a value that is not there.
const NONE: &str = "-";

/// The record of a token, to be sealed.
#[must_use]
pub fn write(token: &AccessToken) -> Zeroizing<String> {
    let number = |number: i64| number.to_string();
    let refresh = token.refresh_in_millis.map_or_else(|| NONE.to_owned(), number);
    let (received, expires) = (number(token.received_at.as_millis()), number(token.expires_at.as_millis()));
    let scope = token.scope.as_ref().map_or_else(|| NONE.to_owned(), |scope| format!("+{scope}"));
    let fields = [VERSION, &received, &expires, &refresh, token.token_type.as_str(), token.value.expose(), &scope];
    // Room for all at once: a string that grows leaves copies of the token behind.
    let length = fields.iter().fold(fields.len(), |sum, field| sum.saturating_add(field.len()));
    let mut record = Zeroizing::new(String::with_capacity(length));
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            record.push('\n');
        }
        record.push_str(field);
    }
    record
}

/// The token of a record; `None` for anything that [`write()`] has not written.
#[must_use]
pub fn read(record: &str) -> Option<AccessToken> {
    let mut fields = record.splitn(7, '\n');
    let mut field = || fields.next();
    if field()? != VERSION {
        return None;
    }
    let received_at = Timestamp::from_millis(field()?.parse().ok()?);
    let expires_at = Timestamp::from_millis(field()?.parse().ok()?);
    let refresh_in_millis = match field()? {
        NONE => None,
        millis => Some(millis.parse().ok()?),
    };
    let token_type = TokenType::from_name(field()?)?;
    let value = Secret::new(field()?.to_owned());
    let scope = match field()? {
        NONE => None,
        scope => Some(scope.strip_prefix('+')?.to_owned()),
    };
    let is_token = !value.expose().is_empty() && value.expose().bytes().all(|byte| byte.is_ascii_graphic());
    is_token.then_some(AccessToken { value, token_type, received_at, expires_at, refresh_in_millis, scope })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{read, write};
    use crate::protocol::access_token::{AccessToken, TokenType};
    use crate::protocol::secret::Secret;
    use crate::protocol::time::Timestamp;

    fn token(scope: Option<&str>, refresh_in_millis: Option<i64>) -> AccessToken {
        AccessToken {
            value: Secret::new("abc.def-_~".to_owned()),
            token_type: TokenType::Bearer,
            received_at: Timestamp::from_millis(1_700_000_000_000),
            expires_at: Timestamp::from_millis(1_700_000_300_000),
            refresh_in_millis,
            scope: scope.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for scope in [None, Some(""), Some("-"), Some("a b"), Some("odd\nscope\n")] {
            for refresh in [None, Some(0), Some(-1), Some(i64::MAX)] {
                let (before, after) = (token(scope, refresh), read(&write(&token(scope, refresh))).unwrap());
                assert_eq!(format!("{before:?}"), format!("{after:?}"));
                assert_eq!(before.value.expose(), after.value.expose());
            }
        }
    }

    #[test]
    fn anything_else_is_no_token() {
        let good = write(&token(None, None)).to_string();
        let lines: Vec<&str> = good.split('\n').collect();
        for number in 0..lines.len() {
            let mut cut = lines.clone();
            cut.remove(number);
            assert!(read(&cut.join("\n")).is_none(), "without line {number}");
            let mut changed = lines.clone();
            changed[number] = "é";
            assert!(read(&changed.join("\n")).is_none(), "another line {number}");
        }
        for other in ["", "\n", "{}", "gatepass token 2", &good.replace("token 1", "token 2")] {
            assert!(read(other).is_none(), "{other}");
        }
    }
}
