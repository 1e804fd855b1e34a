//! Proofs that were seen before: in the caller's store, or in this isolate's memory.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::host::Failure;
use crate::host::replay::Replays;
use crate::host::web::WebHost;
use crate::host::web::slots::Settled;
use crate::protocol::dpop_proof::VerifiedProof;
use crate::protocol::error::{Code, Error};

#[wasm_bindgen(module = "/src/host/web/replay.js")]
extern "C" {
    #[wasm_bindgen(js_name = isNew)]
    fn is_new(store: &JsValue, proof: &str, key: &str, millis: u32) -> Promise;
}

impl Replays for WebHost {
    async fn is_new(&self, proof: &VerifiedProof, millis: u32) -> Result<bool, Failure<JsValue>> {
        let answer = Settled::of(&is_new(&self.replay_store, &proof.identity, &proof.thumbprint, millis)).await;
        let (message, cause) = match answer.map(|answer| answer.as_bool()) {
            Ok(Some(is_new)) => return Ok(is_new),
            Ok(None) => ("there is no room to remember more proofs", None),
            Err(cause) => ("the replay store failed", Some(cause)),
        };
        Err(Failure { error: Error::new(Code::ReplayStoreUnavailable, message).with_status(503), cause })
    }
}
