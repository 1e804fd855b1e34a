//! `explain()`: the state of one token, for people.

use wasm_bindgen::prelude::*;

use crate::flow::token_slot::Explanation;
use crate::protocol::cache_key::CacheKey;
use crate::protocol::time::Timestamp;

#[wasm_bindgen(module = "/src/js/explanation.js")]
extern "C" {
    fn explanation(
        key: &str,
        decision: &str,
        requesting: bool,
        token: Option<Vec<f64>>,
        failure: Option<&str>,
        failures: Option<u32>,
        held_until: Option<f64>,
        postponed_until: Option<f64>,
    ) -> JsValue;
}

/// The plain object for the state of a key, or of one that nobody has asked for.
pub fn to_js(key: &CacheKey, explained: Option<Explanation>) -> JsValue {
    let Some(explained) = explained else {
        return explanation(key.as_str(), "none", false, None, None, None, None, None);
    };
    let failure = explained.failure;
    explanation(
        key.as_str(),
        explained.decision.as_str(),
        explained.requesting,
        explained.token.map(|times| times.map(Timestamp::as_date).into()),
        failure.map(|(code, ..)| code.as_str()),
        failure.map(|(_, in_a_row, _)| in_a_row),
        failure.map(|(.., until)| until.as_date()),
        explained.postponed.map(Timestamp::as_date),
    )
}
