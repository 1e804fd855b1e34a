//! The grammar of RFC 8259, read from left to right.
//!
//! Not `serde_json`: its error texts and its tables of numbers weigh 11 KB of wasm. The tests hold
//! this reader against it.

use crate::protocol::json::{Content, Document, Node};

/// How many arrays and objects may be inside of each other: every level takes of the stack.
const MAX_DEPTH: usize = 128;
/// Names that are compared each with each; more of them are sorted, because that would take minutes for a hostile object.
const FEW: usize = 24;

/// The value that this text is, all of it.
pub fn read(text: String) -> Option<Document> {
    let mut reader = Reader { source: &text, place: 0, nodes: Vec::with_capacity(32), meant: String::new() };
    reader.value(MAX_DEPTH)?;
    reader.skip_space();
    if reader.place < text.len() {
        return None;
    }
    let Reader { nodes, meant, .. } = reader;
    let source = text.len();
    Some(Document { text: text + &meant, source, nodes })
}

struct Reader<'a> {
    source: &'a str,
    /// Of what comes next.
    place: usize,
    nodes: Vec<Node>,
    /// What strings with escapes mean; it goes after the source.
    meant: String,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<()> {
        self.skip_space();
        match self.peek()? {
            b'{' => self.list(depth, Content::Object, b'}', |reader, depth| {
                reader.skip_space();
                reader.string()?;
                reader.skip_space();
                reader.take(b":")?;
                reader.value(depth)
            }),
            b'[' => self.list(depth, Content::Array, b']', Self::value),
            b'"' => self.string(),
            b'n' => self.word(b"null", Content::Null),
            b't' => self.word(b"true", Content::Bool(true)),
            b'f' => self.word(b"false", Content::Bool(false)),
            _ => {
                let number = self.number()?;
                self.add(Content::Number(number))
            }
        }
    }

    fn add(&mut self, content: Content) -> Option<()> {
        let next = self.nodes.len().checked_add(1)?;
        self.nodes.push(Node { content, next });
        Some(())
    }

    fn word(&mut self, word: &[u8], content: Content) -> Option<()> {
        self.take(word)?;
        self.add(content)
    }

    /// From the opening bracket, which the caller has seen, to the closing one.
    fn list(
        &mut self,
        depth: usize,
        content: Content,
        close: u8,
        item: impl Fn(&mut Self, usize) -> Option<()>,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let place = self.nodes.len();
        self.add(content)?;
        self.next()?;
        self.skip_space();
        if self.peek()? == close {
            self.next()?;
            return Some(());
        }
        loop {
            item(self, depth)?;
            self.skip_space();
            match self.next()? {
                b',' => {}
                byte if byte == close => break,
                _ => return None,
            }
        }
        let next = self.nodes.len();
        self.nodes.get_mut(place)?.next = next;
        if close == b'}' { self.check_names(place) } else { Some(()) }
    }

    /// No two of an object's names are the same.
    fn check_names(&self, object: usize) -> Option<()> {
        let mut known = [(0, ""); FEW];
        let mut place = object.wrapping_add(1);
        for count in 0..FEW {
            let Some(name) = self.name(place) else { return Some(()) };
            let mark = mark(name);
            let known_so_far = known.get(..count)?;
            if known_so_far.iter().any(|(its, _)| *its == mark) && known_so_far.contains(&(mark, name)) {
                return None;
            }
            *known.get_mut(count)? = (mark, name);
            place = self.after_member(place)?;
        }
        let mut names = known.map(|(_, name)| name).to_vec();
        while let Some(name) = self.name(place) {
            names.push(name);
            place = self.after_member(place)?;
        }
        names.sort_unstable();
        let twice = names.iter().zip(names.iter().skip(1)).any(|(one, next)| one == next);
        (!twice).then_some(())
    }

    fn name(&self, place: usize) -> Option<&str> {
        let Content::String(start, end) = self.nodes.get(place)?.content else { return None };
        match start.checked_sub(self.source.len()) {
            Some(start) => self.meant.get(start..end.checked_sub(self.source.len())?),
            None => self.source.get(start..end),
        }
    }

    fn after_member(&self, name: usize) -> Option<usize> {
        Some(self.nodes.get(name.wrapping_add(1))?.next)
    }

    fn string(&mut self) -> Option<()> {
        self.take(b"\"")?;
        let start = self.place;
        self.skip_plain()?;
        if self.peek()? == b'\\' {
            return self.string_with_escapes(start);
        }
        let end = self.place;
        self.next()?;
        self.add(Content::String(start, end))
    }

    /// Up to the end of a string, or a backslash in it.
    fn skip_plain(&mut self) -> Option<()> {
        let rest = self.source.as_bytes().get(self.place..)?;
        let length = rest.iter().position(|byte| matches!(byte, 0..=0x1f | b'"' | b'\\'))?;
        self.place = self.place.wrapping_add(length);
        (*rest.get(length)? > 0x1f).then_some(())
    }

    /// From its first character; up to the first backslash it has been read.
    fn string_with_escapes(&mut self, start: usize) -> Option<()> {
        let begin = self.source.len().wrapping_add(self.meant.len());
        let mut plain = start;
        loop {
            self.meant.push_str(self.source.get(plain..self.place)?);
            if self.next()? == b'"' {
                break;
            }
            let escape = self.escape()?;
            self.meant.push(escape);
            plain = self.place;
            self.skip_plain()?;
        }
        self.add(Content::String(begin, self.source.len().wrapping_add(self.meant.len())))
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
        let rest = self.source.as_bytes().get(self.place..)?;
        let length = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.place = self.place.wrapping_add(length);
        rest.get(..length).filter(|digits| !digits.is_empty())
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.place = self.place.wrapping_add(1);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.place).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.place = self.place.wrapping_add(1);
        Some(byte)
    }

    fn take(&mut self, expected: &[u8]) -> Option<()> {
        let rest = self.source.as_bytes().get(self.place..)?;
        rest.starts_with(expected).then(|| self.place = self.place.wrapping_add(expected.len()))
    }
}

/// Tells most names from each other without a look at all of them.
fn mark(name: &str) -> u32 {
    let (first, last) = (name.as_bytes().first(), name.as_bytes().last());
    let byte = |byte: Option<&u8>| byte.copied().map_or(0, u32::from);
    #[expect(clippy::cast_possible_truncation, reason = "names of the same mark are compared")]
    let length = name.len() as u32;
    (length << 16) | (byte(first) << 8) | byte(last)
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
            // Below 10^18: nothing of it is lost.
            digits = digits.wrapping_mul(10).wrapping_add(value_of(*digit));
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
