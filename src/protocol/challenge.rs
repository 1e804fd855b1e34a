//! What an API asks for when it answers 401: the challenges of `WWW-Authenticate`.
//!
//! RFC 9110 section 11.6.1 lets one field hold several challenges and separates them with the same
//! comma that separates their parameters; hosts join several fields with a comma, too. What cannot
//! be read ends the reading: what was before it counts.

/// A parameter of a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param<'a> {
    /// The authentication scheme, as it was written: schemes are compared without case.
    pub scheme: &'a str,
    /// Its name, as it was written: names are compared without case.
    pub name: &'a str,
    /// Its value without quotes and escapes.
    pub value: String,
}

/// The parameters of all challenges of a field, or of several that were joined with commas. A
/// token68 is none of them.
#[derive(Debug, Clone)]
pub struct Params<'a> {
    scheme: &'a str,
    rest: &'a str,
}

impl<'a> Params<'a> {
    /// Reads a field value.
    #[must_use]
    pub const fn of(field: &'a str) -> Self {
        Self { scheme: "", rest: field }
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        loop {
            // Servers forget commas between parameters: a space does as well.
            let (name, after) = split(past(self.rest, is_separator), is_token);
            if name.is_empty() {
                return None;
            }
            let Some(after_name) = past(after, is_space).strip_prefix('=') else {
                self.scheme = name;
                self.rest = without_token68(after);
                continue;
            };
            let (value, after) = value(past(after_name, is_space))?;
            self.rest = after;
            // A parameter of no scheme is none, and neither is what follows it.
            return (!self.scheme.is_empty()).then_some(Param { scheme: self.scheme, name, value });
        }
    }
}

impl Param<'_> {
    /// Whether it has this name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

const fn is_separator(byte: u8) -> bool {
    is_space(byte) || byte == b','
}

/// The characters of a token (RFC 9110 section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'(' | b')' | b',' | b'/' | b':'..=b'@' | b'[' | b'\\' | b']' | b'{' | b'}')
}

/// The characters of a token68, without the padding (RFC 9110 section 11.2).
const fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-'..=b'/' | b'_' | b'~' | b'+')
}

const fn is_padding(byte: u8) -> bool {
    byte == b'='
}

/// The beginning of a text that is made of such characters, and the rest.
fn split(text: &str, is_part: fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !is_part(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn past(text: &str, is_part: fn(u8) -> bool) -> &str {
    split(text, is_part).1
}

/// What follows a scheme, past a token68 if there is one: it ends at a comma or with the field.
fn without_token68(text: &str) -> &str {
    let after = past(past(past(past(text, is_space), is_token68), is_padding), is_space);
    if after.is_empty() || after.starts_with(',') { after } else { text }
}

/// The characters of a value without quotes: those of a token, and those of a URL, around which servers forget them.
const fn is_unquoted(byte: u8) -> bool {
    is_token(byte) || matches!(byte, b'/' | b':' | b'=' | b'?')
}

/// A token or a quoted string (RFC 9110 section 5.6.4), and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, after) = split(text, is_unquoted);
        return (!value.is_empty()).then(|| (value.to_owned(), after));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            c => value.push(c),
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::{Param, Params};
    use proptest::prelude::*;

    /// Each parameter as `Scheme name=value`.
    fn read(field: &str) -> Vec<String> {
        Params::of(field).map(|Param { scheme, name, value }| format!("{scheme} {name}={value}")).collect()
    }

    #[test]
    fn several_challenges_in_one_field_are_told_apart() {
        // RFC 9110 section 11.6.1, the example with a comma within a quoted string.
        assert_eq!(
            read(r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#),
            ["Basic realm=simple", "Newauth realm=apps", "Newauth type=1", "Newauth title=Login to \"apps\""]
        );
        // RFC 9449 section 7.1, joined with a Bearer challenge by the host.
        assert_eq!(
            read(r#"Bearer, DPoP error="invalid_token", error_description="a, b", algs="ES256 PS256""#),
            ["DPoP error=invalid_token", "DPoP error_description=a, b", "DPoP algs=ES256 PS256"]
        );
    }

    #[test]
    fn a_token68_is_no_parameter_and_no_scheme() {
        assert_eq!(
            read("Negotiate YIIabc+/==, NTLM TlRMTVNTUAAC , Bearer error=invalid_token"),
            ["Bearer error=invalid_token"]
        );
        assert_eq!(read("A b=, C d==,E f,G h=i"), ["G h=i"]);
    }

    #[test]
    fn names_schemes_and_spaces_may_be_written_in_any_way() {
        for field in [
            r#"bearer ERROR="invalid_token""#,
            "BEARER\terror = invalid_token",
            "Bearer realm=\"x\" error=\"invalid_token\"",
            " , ,Bearer error\t=\t\"invalid\\_token\" , ,",
            r#"Bearer realm="",scope=a,error="invalid_token""#,
            r#"Bearer error="invalid_token", error="b""#,
        ] {
            let error = Params::of(field).find(|param| param.is("error"));
            assert_eq!(error.map(|param| param.value).as_deref(), Some("invalid_token"), "{field}");
        }
    }

    #[test]
    fn a_url_needs_no_quotes() {
        assert_eq!(
            read("Bearer resource_metadata=https://api.example:8/.well-known/x?y=1&z=, scope=a"),
            ["Bearer resource_metadata=https://api.example:8/.well-known/x?y=1&z=", "Bearer scope=a"]
        );
    }

    #[test]
    fn what_cannot_be_read_ends_the_reading_and_what_was_before_it_counts() {
        for field in ["", " ,, \t", "=a", "error=\"invalid_token\"", "\"Bearer\" a=b", "é a=b", "a=b, Bearer c=d"] {
            assert_eq!(Params::of(field).next(), None, "{field}");
        }
        for rest in ["b=\"never closed", "b=\"ends in an escape\\", "@, C d=e", "é, C d=e", "b=é, C d=e"] {
            assert_eq!(read(&format!("Basic a=1, {rest}")), ["Basic a=1"], "{rest}");
        }
    }

    fn quoted(value: &str) -> String {
        let mut text = String::from('"');
        for c in value.chars() {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push('"');
        text
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_makes_nothing_up(field in any::<String>()) {
            for Param { scheme, name, value } in Params::of(&field) {
                prop_assert!(field.contains(scheme) && field.contains(name) && value.len() <= field.len());
            }
        }

        #[test]
        fn hostile_mixtures_of_the_grammars_own_characters_are_read(field in r#"[A-Za-c,= \t"\\/+~.é]{0,60}"#) {
            let params: Vec<_> = Params::of(&field).collect();
            prop_assert!(params.len() <= field.len());
            prop_assert!(params.iter().all(|param| !param.scheme.is_empty() && !param.name.is_empty()));
        }

        #[test]
        fn what_was_written_is_what_is_read(
            written in prop::collection::vec(
                ("[A-Za-z][A-Za-z0-9-]{0,8}", prop::collection::vec(("[a-z][a-z0-9_]{0,8}", "[ -~é]{0,20}"), 1..4)),
                1..4,
            ),
            comma in "[ \t]?,[ \t]{0,2}",
        ) {
            let param = |(name, value): &(String, String)| format!("{name}={}", quoted(value));
            let params = |list: &Vec<_>| list.iter().map(param).collect::<Vec<_>>().join(&comma);
            let field: Vec<_> = written.iter().map(|(scheme, list)| format!("{scheme} {}", params(list))).collect();
            let all = written.iter().flat_map(|(scheme, list)| {
                list.iter().map(move |(name, value)| format!("{scheme} {name}={value}"))
            });
            prop_assert_eq!(read(&field.join(&comma)), all.collect::<Vec<_>>());
        }
    }
}
