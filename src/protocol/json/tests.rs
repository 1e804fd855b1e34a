use std::fmt;

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{NotAnObject, Object, Value, number, object, quoted, read};

#[test]
fn duplicate_names_are_refused_at_every_depth_and_however_escaped() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"exp":1,"\u0065xp":2}"#,
        r#"{"cnf":{"jkt":"a","jkt":"b"}}"#,
        r#"{"a":[{"b":1,"b":2}]}"#,
        r#"{"\ud83d\ude00":1,"😀":2}"#,
    ] {
        assert_eq!(object(text.as_bytes()), Err(NotAnObject), "{text}");
    }
}

#[test]
fn only_one_whole_object_is_read() {
    assert!(object(*br#" {"a":{"b":[null,true,1,-1,1.5,"x"]}} "#).is_ok());
    for text in ["", "[]", "null", "\"a\"", "{}{}", "{} x", "{\"a\":}", "{\"a\":NaN}", "{\"a\":1e999}", "\u{feff}{}"] {
        assert_eq!(object(text.as_bytes()), Err(NotAnObject), "{text}");
    }
    assert_eq!(object(*b"{\"a\":\"\xff\"}"), Err(NotAnObject));
    assert_eq!(object(*br#"{"a":"\ud800"}"#), Err(NotAnObject), "a lone surrogate");
}

#[test]
fn what_is_almost_json_is_refused() {
    for text in [
        "{,}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1 2]}",
        "{\"a\":[}",
        "{\"a\":[1}",
        "{\"a\":1]",
        "{\"a\":nul}",
        "{\"a\":nulll}",
        "{\"a\":True}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":-01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1.e5}",
        "{\"a\":1e}",
        "{\"a\":1e+}",
        "{\"a\":1e+-5}",
        "{\"a\":0x1}",
        "{\"a\":1_0}",
        "{\"a\":Infinity}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\0\"}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\u41\"}",
        "{\"a\":\"\\u+041\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\ud800\"}",
        "{\"a\":\"\\ud800",
        "{\"a\":\"\\",
        "{\"a\":\"b}",
        "{\"a",
        "{\"",
        "{",
        "{\"a\":1}\0",
        "{\u{a0}}",
        "{\u{c}}",
        "/**/{}",
        "{}//",
    ] {
        assert_eq!(object(text.as_bytes()), Err(NotAnObject), "{text:?}");
    }
}

#[test]
fn escapes_are_read() {
    let read = object(*br#"{"a":"\"\\\/\b\f\n\r\t\u00e9\u20AC\uD83D\uDE00\u0000"}"#).unwrap();
    assert_eq!(read.root().text("a"), Some("\"\\/\u{8}\u{c}\n\r\té€😀\0"));
}

#[test]
fn a_name_that_comes_twice_is_found_among_few_and_among_many() {
    let names = |count: usize| (0..count).map(|name| format!("\"{name}\":[{name}]")).collect::<Vec<_>>();
    for count in [1, 2, 23, 24, 25, 26, 1000] {
        let members = names(count);
        let read = object(format!("{{{}}}", members.join(","))).unwrap();
        let read = read.root();
        assert_eq!(read.members().count(), count);
        assert!(read.members().all(|(name, value)| read.get(name) == Some(value)));
        for place in [0, count / 2, count - 1] {
            let mut members = members.clone();
            members.push(format!("\"\\u003{}\":{{}}", place.to_string().split_at(1).0));
            let twice = object(format!("{{{}}}", members.join(",")));
            assert_eq!(twice, Err(NotAnObject), "{count} {place}");
        }
    }
}

#[test]
fn an_object_knows_the_text_it_was_read_from_whatever_its_strings_mean() {
    let text = r#" {"a" : "\u0062", "c":["\n", {"d\t":"é"}] } "#;
    let read = object(text).unwrap();
    assert_eq!(read.source(), text);
    let its = read.root();
    assert_eq!((its.text("a"), its.texts("c")), (Some("b"), vec!["\n".to_owned()]));
    let inner = its.array("c").unwrap().iter().nth(1).and_then(Value::as_object).unwrap();
    assert_eq!(inner.text("d\t"), Some("é"));
    assert_eq!(read, object(r#"{"c":["\n",{"d\t":"\u00e9"}],"a":"b"}"#).unwrap(), "in whatever order");
    assert_eq!(Object::default().members().count(), 0);
}

#[test]
fn dates_and_lifetimes_are_exact_and_the_extremes_are_defined() {
    for text in [
        "0",
        "3600",
        "1700000000",
        "1700000000.123",
        "253402300799.999",
        "9007199254740991",
        "1.7e9",
        "36E+2",
        "1e22",
        "5e-5",
    ] {
        assert_eq!(number(text), text.parse().ok(), "{text}");
    }
    let zeros = "0".repeat(400);
    for (text, value) in [
        ("-0", Some(-0.0)),
        ("0e999999999999999999999", Some(0.0)),
        ("1e-999999999999999999999", Some(0.0)),
        ("1e999999999999999999999", None),
        ("-1e309", None),
        (&format!("1{zeros}"), None),
        (&format!("1{zeros}e-400"), Some(1.0)),
        (&format!("0.{zeros}1e401"), Some(1.0)),
    ] {
        assert_eq!(number(text).map(f64::to_bits), value.map(f64::to_bits), "{text}");
    }
}

#[test]
fn deep_nesting_is_refused_without_exhausting_the_stack() {
    let nested = |levels: usize| object(format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels)).as_bytes());
    assert!(nested(127).is_ok());
    assert_eq!(nested(128), Err(NotAnObject));
    assert_eq!(nested(100_000), Err(NotAnObject));
    assert_eq!(object("{\"a\":".repeat(100_000).as_bytes()), Err(NotAnObject));
}

/// What `serde_json` makes of it, the same rules applied.
#[derive(Debug, PartialEq)]
enum Oracle {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Oracle>),
    Object(Vec<(String, Oracle)>),
}

impl<'de> Deserialize<'de> for Oracle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Oracle;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("JSON")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Oracle, E> {
                Ok(Oracle::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Oracle, E> {
                Ok(Oracle::Number(value as f64))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Oracle, E> {
                Ok(Oracle::Number(value as f64))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Oracle, E> {
                Ok(Oracle::Number(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Oracle, E> {
                Ok(Oracle::String(value.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Oracle, E> {
                Ok(Oracle::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Oracle, A::Error> {
                let mut array = Vec::new();
                while let Some(item) = items.next_element()? {
                    array.push(item);
                }
                Ok(Oracle::Array(array))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Oracle, A::Error> {
                let mut members: Vec<(String, Oracle)> = Vec::new();
                while let Some((name, value)) = entries.next_entry()? {
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom("twice"));
                    }
                    members.push((name, value));
                }
                Ok(Oracle::Object(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= other.abs() * 4e-15 + 1e-320 && one.is_sign_negative() == other.is_sign_negative()
}

fn same(own: &Value<'_>, theirs: &Oracle) -> bool {
    match (own, theirs) {
        (Value::Null, Oracle::Null) => true,
        (Value::Bool(own), Oracle::Bool(theirs)) => own == theirs,
        (Value::Number(own), Oracle::Number(theirs)) => close(*own, *theirs),
        (Value::String(own), Oracle::String(theirs)) => own == theirs,
        (Value::Array(own), Oracle::Array(theirs)) => {
            own.iter().count() == theirs.len() && own.iter().zip(theirs).all(|(own, theirs)| same(&own, theirs))
        }
        (Value::Object(own), Oracle::Object(theirs)) => {
            own.members().count() == theirs.len()
                && own.members().zip(theirs).all(|(own, theirs)| own.0 == theirs.0 && same(&own.1, &theirs.1))
                && own.members().all(|(name, value)| own.get(name) == Some(value))
        }
        _ => false,
    }
}

fn assert_agrees_with_serde_json(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let document = read(bytes.to_vec());
    let own = document.as_ref().and_then(|document| document.value(0));
    let theirs: Option<Oracle> = serde_json::from_slice(bytes).ok();
    let agree = match (&own, &theirs) {
        (Some(own), Some(theirs)) => same(own, theirs),
        _ => own.is_none() && theirs.is_none(),
    };
    assert!(agree, "{text}: {own:?}, but {theirs:?}");
}

/// Texts that are JSON.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "null|true|false",
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?",
        r#""([ !#-\[\]-~é€😀]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|\\uD8[0-9A-F]{2}\\uDC[0-9A-F]{2}){0,6}""#,
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let space = "[ \t\r\n]{0,2}";
        let name = r#""([a-c]|\\u006[1-3]){0,2}""#;
        prop_oneof![
            (space, proptest::collection::vec(inner.clone(), 0..4))
                .prop_map(|(space, items)| { format!("{space}[{space}{}]{space}", items.join(&format!("{space},"))) }),
            (space, proptest::collection::vec((name, inner), 0..4)).prop_map(|(space, members)| {
                let members: Vec<_> =
                    members.into_iter().map(|(name, value)| format!("{name}{space}:{value}")).collect();
                format!("{{{space}{}{space}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn json_is_read_as_serde_json_reads_it(text in json()) {
        assert_agrees_with_serde_json(text.as_bytes());
    }

    #[test]
    fn damaged_json_is_judged_as_serde_json_judges_it(
        text in json(),
        places in proptest::collection::vec((any::<proptest::sample::Index>(), "[\\[\\]{}\",:0-9eE.+\\\\u -]|\\PC", 0..3_u8), 1..3),
    ) {
        let mut bytes = text.into_bytes();
        for (place, inserted, what) in places {
            let place = place.index(bytes.len().max(1)).min(bytes.len());
            let end = place.saturating_add(usize::from(what != 0)).min(bytes.len());
            bytes.splice(place..end, if what == 2 { Vec::new() } else { inserted.into_bytes() });
        }
        assert_agrees_with_serde_json(&bytes);
    }

    #[test]
    fn any_bytes_are_judged_as_serde_json_judges_them(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        assert_agrees_with_serde_json(&bytes);
    }

    #[test]
    fn every_number_is_close_to_the_nearest(text in "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?") {
        let nearest: f64 = text.parse().unwrap();
        match number(&text) {
            Some(own) => prop_assert!(close(own, nearest), "{own:e} {nearest:e}"),
            None => prop_assert!(nearest.abs() > 1.79e308),
        }
    }
}

proptest! {
    #[test]
    fn a_quoted_text_reads_as_itself(text in any::<String>()) {
        let quoted = quoted(&text);
        prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text.clone());
        let document = read(quoted.into_bytes()).unwrap();
        prop_assert_eq!(document.value(0), Some(Value::String(&text)));
    }
}
