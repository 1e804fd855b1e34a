//! Texts of servers, without what must stay secret: some servers quote the request that they refuse.

use percent_encoding::percent_decode_str;

use crate::protocol::base64url;
use crate::protocol::error::printable;
use crate::protocol::secret::Secret;

const HIDDEN: &str = "[hidden]";
/// The most characters that are kept.
const MAX_TEXT: usize = 500;
/// The most bytes that are looked at: decoding them in many ways must not take long.
const MAX_READ: usize = 2000;
/// So many characters of a secret tell it.
const TELLING: usize = 12;
/// Into about how many overlapping parts a long secret is cut.
const PARTS: usize = 40;
/// How many times over a text may be escaped.
const ROUNDS: usize = 3;

/// A server's text without our secrets and without anything that looks like a token, in characters
/// that are safe to print.
///
/// Where a secret, or a part of one, is there in another spelling (percent-encoded, escaped for HTML
/// or JSON, in base64), all of the text goes: what is left around it could still tell a part.
#[must_use]
pub fn scrub(text: &str, hidden: &[&Secret]) -> String {
    let hidden: Vec<&str> = hidden.iter().map(|secret| secret.expose()).filter(|secret| !secret.is_empty()).collect();
    let read = beginning(text, MAX_READ);
    let replaced = hidden.iter().fold(read.to_owned(), |text, secret| text.replace(secret, HIDDEN));
    let words = replaced.split(' ').map(|word| if looks_like_a_token(word) { HIDDEN } else { word });
    let replaced = words.collect::<Vec<_>>().join(" ");
    // Where a text was cut, a secret may have been cut as well.
    let is_cut = read.len() < text.len() && replaced != read;
    if is_cut || reveals(&replaced, &hidden) {
        return HIDDEN.to_owned();
    }
    printable(&replaced, MAX_TEXT)
}

fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or(text)
}

/// Every JWT begins so.
fn looks_like_a_token(text: &str) -> bool {
    text.contains("eyJ")
}

fn reveals(text: &str, hidden: &[&str]) -> bool {
    let tells = |reading: &str| looks_like_a_token(reading) || hidden.iter().any(|secret| has_part(reading, secret));
    let tells_escaped = |text: &str| tells(text) || unescaped(text).any(|reading| tells(&reading));
    tells_escaped(text) || (0..4).any(|skipped| tells_escaped(&from_base64(text, skipped)))
}

fn has_part(text: &str, secret: &str) -> bool {
    let step = (secret.len() / PARTS).max(1);
    let mut parts = secret.char_indices().step_by(step).filter_map(|(start, _)| {
        let part = secret.get(start..)?;
        let end = part.char_indices().nth(TELLING).map_or(part.len(), |(end, _)| end);
        // What is shorter is the end of the secret, or all of it.
        part.get(..end).filter(|_| start == 0 || end < part.len())
    });
    parts.any(|part| text.contains(part))
}

/// What the text is when it is read as escaped, again and again, in either way.
fn unescaped(text: &str) -> impl Iterator<Item = String> {
    let percent = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut text = text.to_owned();
    (0..ROUNDS).flat_map(move |_| {
        let characters = without_escapes(&text);
        let bytes = percent(&characters);
        let spaced = percent(&characters.replace('+', " "));
        text.clone_from(&bytes);
        [characters, bytes, spaced]
    })
}

/// Without the escapes of HTML (`&amp;`, `&#x26;`, `&#38;`) and of JSON (`\u0026`, `\"`).
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '\\']) {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let (character, after) = html_escape(escape).or_else(|| json_escape(escape)).unwrap_or_else(|| {
            let mut characters = escape.chars();
            let kept = characters.next().filter(|first| *first != '\\');
            (kept, characters.as_str())
        });
        plain.extend(character);
        rest = after;
    }
    plain.push_str(rest);
    plain
}

fn html_escape(text: &str) -> Option<(Option<char>, &str)> {
    let (name, after) = text.strip_prefix('&')?.split_once(';')?;
    let character = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let hex = number.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?;
            char::from_u32(code)
        }
    };
    Some((character, after))
}

fn json_escape(text: &str) -> Option<(Option<char>, &str)> {
    let (code, after) = text.strip_prefix("\\u")?.split_at_checked(4)?;
    Some((char::from_u32(u32::from_str_radix(code, 16).ok()?), after))
}

/// What stands in the text's base64, in either alphabet. Some characters before each may not be part
/// of it.
fn from_base64(text: &str, skipped: usize) -> String {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let mut decoded = String::new();
    for run in text.split(|c| !is_base64(c)) {
        let run = run.get(skipped..).unwrap_or_default().replace('+', "-").replace('/', "_");
        // The bits of a cut last character count for nothing.
        let whole = run.get(..run.len() & !3).unwrap_or_default();
        let bytes = base64url::decode(&run).or_else(|| base64url::decode(whole));
        decoded.push_str(&String::from_utf8_lossy(&bytes.unwrap_or_default()));
        decoded.push(' ');
    }
    decoded
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{HIDDEN, scrub, without_escapes};
    use crate::protocol::secret::Secret;

    const SECRET: &str = "s3cr3t +/=&%\"é of the client";

    fn scrubbed(text: &str) -> String {
        scrub(text, &[&Secret::new(SECRET.to_owned())])
    }

    #[test]
    fn a_text_without_secrets_is_left_alone() {
        for text in ["Client authentication failed", "100% wrong & so on; see https://as.example/a?b=c%20d", "", "x"] {
            assert_eq!(scrubbed(text), text);
        }
    }

    #[test]
    fn a_secret_as_it_is_and_what_looks_like_a_token_are_taken_out() {
        assert_eq!(scrubbed(&format!("got {SECRET}!")), format!("got {HIDDEN}!"));
        assert_eq!(scrubbed("token eyJhbGciOiJIUzI1NiJ9.e30.AA is over"), format!("token {HIDDEN} is over"));
    }

    #[test]
    fn a_secret_in_another_spelling_takes_the_text_with_it() {
        for spelling in [
            "s3cr3t%20%2B%2F%3D%26%25%22%C3%A9%20of%20the%20client",
            "s3cr3t%20%2b%2f%3d%26%25%22%c3%a9%20of%20the%20client",
            "s3cr3t+%2B%2F%3D%26%25%22%C3%A9+of+the+client",
            "s3cr3t%2520%252B%252F%253D%2526%2525%2522%25C3%25A9%2520of%2520the%2520client",
            "s3cr3t +/=&amp;%&quot;é of the client",
            "s3cr3t&#x20;&#43;/=&#38;%&#x22;&#233; of the client",
            "\\\"s3cr3t +/=&%\\\\\\\"é of the client\\\"",
            "\\u0073\\u0033\\u0063\\u0072\\u0033\\u0074\\u0020\\u002b\\u002f=&%\\u0022\\u00e9 of the client",
            // Of the whole, of `id:secret`, and somewhere within.
            "czNjcjN0ICsvPSYlIsOpIG9mIHRoZSBjbGllbnQ=",
            "bWU6czNjcjN0ICsvPSYlIsOpIG9mIHRoZSBjbGllbnQ",
            "key=x/bWU6czNjcjN0ICsvPSYlIsOpIG9mIHRoZSBjbGllbnQ",
            // Cut off.
            "s3cr3t%20%2B%2F%3D%26%25%22%C3%A9%20of",
            "client secret ends in of the client",
        ] {
            assert_eq!(scrubbed(&format!("cannot accept {spelling} here")), HIDDEN, "{spelling}");
        }
    }

    #[test]
    fn a_token_in_another_spelling_takes_the_text_with_it() {
        assert_eq!(scrubbed("got ZXlKaGJHY2lPaUpJVXpJMU5pSjkuZTMwLkFB"), HIDDEN);
        assert_eq!(scrubbed("got \\u0065\\u0079\\u004a"), HIDDEN);
    }

    #[test]
    fn a_long_text_does_not_tell_the_part_at_which_it_is_cut() {
        for length in 1900..2010 {
            let text = format!("{}{SECRET}{}", SECRET.repeat(10), "x".repeat(length));
            assert!(!scrubbed(&text).contains("s3cr3t"), "{length}");
            let text = format!("{}{SECRET}", "é".repeat(length / 2));
            assert!(!scrubbed(&text).contains("s3cr"), "{length}");
        }
    }

    #[test]
    fn a_short_secret_is_hidden_whole() {
        let hidden = Secret::new("pw1".to_owned());
        assert_eq!(scrub("got pw1", &[&hidden]), format!("got {HIDDEN}"));
        assert_eq!(scrub("got p%771", &[&hidden]), HIDDEN);
        assert_eq!(scrub("got pw", &[&hidden]), "got pw");
    }

    #[test]
    fn escapes_that_are_none_are_text() {
        for text in ["&", "a & b; c", "&nbsp;", "&#x110000;x", "&#;", "&;"] {
            assert!(without_escapes(text).len() >= text.len().saturating_sub(10), "{text}");
        }
        assert_eq!(without_escapes("a\\u00zz"), "au00zz");
        assert_eq!(without_escapes("\\"), "");
        assert_eq!(without_escapes("&amp;lt;"), "&lt;");
    }
}
