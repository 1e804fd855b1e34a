//! The grammar of RFC 8259, read from left to right.
//!
//! Not `serde_json`: its error texts and its tables of numbers weigh 11 KB of wasm. The tests hold
//! this reader against it.

use crate::protocol::json::{Object, Value};

/// How many arrays and objects may be inside of each other: every level takes of the stack.
const MAX_DEPTH: usize = 128;

/// The value that these bytes are, all of them.
pub fn read(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(MAX_DEPTH)?;
    reader.skip_space();
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_space();
        match self.rest.first()? {
            b'{' => {
                let depth = depth.checked_sub(1)?;
                Object::new(self.list(b'}', |reader| reader.member(depth))?).map(Value::Object)
            }
            b'[' => {
                let depth = depth.checked_sub(1)?;
                self.list(b']', |reader| reader.value(depth)).map(Value::Array)
            }
            b'"' => self.string().map(Value::String),
            b'n' => self.take(b"null").map(|()| Value::Null),
            b't' => self.take(b"true").map(|()| Value::Bool(true)),
            b'f' => self.take(b"false").map(|()| Value::Bool(false)),
            _ => self.number().map(Value::Number),
        }
    }

    /// From the opening bracket, which the caller has seen, to the closing one.
    fn list<T>(&mut self, close: u8, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.next()?;
        let mut items = Vec::new();
        self.skip_space();
        if self.take(&[close]).is_some() {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            self.skip_space();
            match self.next()? {
                b',' => {}
                byte if byte == close => return Some(items),
                _ => return None,
            }
        }
    }

    fn member(&mut self, depth: usize) -> Option<(String, Value)> {
        self.skip_space();
        let name = self.string()?;
        self.skip_space();
        self.take(b":")?;
        Some((name, self.value(depth)?))
    }

    fn string(&mut self) -> Option<String> {
        self.take(b"\"")?;
        let mut text = Vec::new();
        loop {
            let plain = self.take_while(|byte| !matches!(byte, 0..=0x1f | b'"' | b'\\'));
            if text.is_empty() {
                // Nearly all strings are nothing but this.
                text = plain.to_vec();
            } else {
                text.extend_from_slice(plain);
            }
            match self.next()? {
                b'"' => return String::from_utf8(text).ok(),
                b'\\' => text.extend_from_slice(self.escape()?.encode_utf8(&mut [0; 4]).as_bytes()),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        match self.next()? {
            byte @ (b'"' | b'\\' | b'/') => Some(byte.into()),
            b'b' => Some('\u{8}'),
            b'f' => Some('\u{c}'),
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'u' => self.code_point(),
            _ => None,
        }
    }

    /// One UTF-16 unit, or the two of a character beyond them; half of such a pair is nothing.
    fn code_point(&mut self) -> Option<char> {
        let first = self.code_unit()?;
        let second = match first {
            0xd800..=0xdbff => {
                self.take(b"\\u")?;
                Some(self.code_unit()?)
            }
            _ => None,
        };
        char::decode_utf16([first].into_iter().chain(second)).next()?.ok()
    }

    fn code_unit(&mut self) -> Option<u16> {
        (0..4).try_fold(0, |unit: u16, _| {
            let digit = char::from(self.next()?).to_digit(16)?;
            Some((unit << 4) | u16::try_from(digit).ok()?)
        })
    }

    fn number(&mut self) -> Option<f64> {
        let negative = self.take(b"-").is_some();
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with(b"0") {
            return None;
        }
        let fraction = if self.take(b".").is_some() { self.digits()? } else { &[] };
        let exponent = if self.take(b"e").or_else(|| self.take(b"E")).is_some() { self.exponent()? } else { 0 };
        let number = decimal(whole, fraction, exponent);
        number.is_finite().then_some(if negative { -number } else { number })
    }

    fn exponent(&mut self) -> Option<i64> {
        let negative = self.take(b"-").is_some();
        if !negative {
            let _ = self.take(b"+");
        }
        let digits = self.digits()?;
        let exponent =
            digits.iter().fold(0_i64, |number, digit| number.saturating_mul(10).saturating_add(value_of(*digit)));
        Some(if negative { exponent.saturating_neg() } else { exponent })
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<&'a [u8]> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        (!digits.is_empty()).then_some(digits)
    }

    fn skip_space(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, expected: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !wanted(*byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

fn value_of(digit: u8) -> i64 {
    i64::from(digit.saturating_sub(b'0'))
}

/// `whole.fraction * 10^exponent`.
///
/// The nearest `f64` for up to 15 digits and powers up to 22, which is all that dates and lifetimes
/// need; a few units in the last place from it beyond. `str::parse` is exact and weighs 16 KB.
#[expect(clippy::cast_precision_loss, reason = "digits that an f64 cannot hold are lost in JavaScript too")]
fn decimal(whole: &[u8], fraction: &[u8], exponent: i64) -> f64 {
    let (mut digits, mut dropped) = (0_i64, 0_usize);
    for digit in whole.iter().chain(fraction) {
        if digits < 100_000_000_000_000_000 {
            digits = digits.saturating_mul(10).saturating_add(value_of(*digit));
        } else {
            dropped = dropped.saturating_add(1);
        }
    }
    let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let exponent = exponent.saturating_add(places(dropped)).saturating_sub(places(fraction.len()));
    // Beyond this a number of 18 digits is 0, or not finite.
    let mut left = exponent.unsigned_abs().min(350);
    let mut number = digits as f64;
    while left > 0 {
        let step = left.min(22);
        let power = (0..step).fold(1.0, |power, _| power * 10.0);
        number = if exponent < 0 { number / power } else { number * power };
        left = left.saturating_sub(step);
    }
    number
}
