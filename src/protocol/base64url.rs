//! Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), read strictly.
//!
//! Not `base64ct`: that takes the same time for every text, which keeps a secret and costs tokens, which are none,
//! several times as long.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// No character's value: negative, so that wherever in a group it is put there are bits above those of the group.
const NONE: i8 = -64;
const ABOVE_A_GROUP: u32 = 0xff00_0000;

/// The value of each character.
const VALUES: [i8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0_u8;
    while value < 64 {
        #[expect(clippy::indexing_slicing, clippy::cast_possible_wrap, reason = "computed when it is compiled")]
        {
            values[ALPHABET[value as usize] as usize] = value as i8;
        }
        value += 1;
    }
    values
};

/// The text for these bytes.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for chunk in bytes.chunks(3) {
        let byte = |place| chunk.get(place).copied().map_or(0, u32::from);
        let word = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for shift in [18, 12, 6, 0_u32].into_iter().take(chunk.len().saturating_add(1)) {
            let character = ALPHABET.get(((word >> shift) & 63) as usize);
            text.extend(character.map(|character| char::from(*character)));
        }
    }
    text
}

/// The bytes that are written so and in no other way: no padding, no other character, no bits that are left over.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let (groups, last) = text.as_bytes().as_chunks::<4>();
    // Written in place: pushing bytes one by one takes as long again.
    let mut bytes = vec![0; text.len().saturating_mul(3) / 4];
    let (whole, end) = bytes.as_chunks_mut::<3>();
    // Looked at in the end only: nothing is known of the text before.
    let mut wrong = 0;
    for ([a, b, c, d], bytes) in groups.iter().zip(whole) {
        let word = (value(*a) << 18) | (value(*b) << 12) | (value(*c) << 6) | value(*d);
        wrong |= word & ABOVE_A_GROUP;
        let [_, first, second, third] = word.to_be_bytes();
        *bytes = [first, second, third];
    }
    // The bits of a last group of 2 or 3 characters that are no byte's must be 0; a single character is no byte at all.
    match (last, end) {
        ([], _) => {}
        ([a, b], [only]) => {
            let word = (value(*a) << 18) | (value(*b) << 12);
            wrong |= word & (ABOVE_A_GROUP | 0xffff);
            [_, *only, ..] = word.to_be_bytes();
        }
        ([a, b, c], [first, second]) => {
            let word = (value(*a) << 18) | (value(*b) << 12) | (value(*c) << 6);
            wrong |= word & (ABOVE_A_GROUP | 0xff);
            [_, *first, *second, _] = word.to_be_bytes();
        }
        _ => return None,
    }
    (wrong == 0).then_some(bytes)
}

fn value(character: u8) -> u32 {
    i32::from(VALUES.get(usize::from(character)).copied().unwrap_or(NONE)).cast_unsigned()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use base64ct::{Base64UrlUnpadded, Encoding};
    use proptest::prelude::*;

    use super::{decode, encode};

    #[test]
    fn the_examples_of_rfc_7515_are_read() {
        assert_eq!(encode(&[3, 236, 255, 224, 193]), "A-z_4ME");
        assert_eq!(decode("A-z_4ME").unwrap(), [3, 236, 255, 224, 193]);
        assert_eq!(decode(""), Some(Vec::new()));
    }

    #[test]
    fn there_is_one_way_to_write_bytes() {
        for text in
            ["A", "AAAAA", "AB", "AAB", "AA==", "AA=", "AA ", " AA", "A\nA", "A+A", "A/A", "AAA\0", "Aé", "AA.A"]
        {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(encode(&bytes), Base64UrlUnpadded::encode_string(&bytes));
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn it_reads_what_another_strict_reader_reads(text in "[A-Da-d01_=+/. -]{0,12}|\\PC{0,6}") {
            prop_assert_eq!(decode(&text), Base64UrlUnpadded::decode_vec(&text).ok());
        }
    }
}
