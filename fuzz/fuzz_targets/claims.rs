//! A header and claims as texts, in a well-formed token: they are refused or judged, and never panic.
#![no_main]

use gatepass::protocol::algorithm::Algorithm;
use gatepass::protocol::base64url;
use gatepass::protocol::claims::{ClaimsPolicy, RFC_9068_CLAIMS};
use gatepass::protocol::id_token::IdTokenPolicy;
use gatepass::protocol::json;
use gatepass::protocol::jwt::{HeaderPolicy, TypePolicy, UnverifiedJwt};
use gatepass::protocol::requirements::Requirements;
use gatepass::protocol::time::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, i64, &str)| {
    let (header, claims, now, wish) = input;
    let token = format!("{}.{}.AA", base64url::encode(header.as_bytes()), base64url::encode(claims.as_bytes()));
    let header = HeaderPolicy {
        max_token_bytes: usize::MAX,
        algorithms: Algorithm::ASYMMETRIC.to_vec(),
        types: TypePolicy::Auto,
    };
    let Ok(jwt) = UnverifiedJwt::read(&token, &header) else { return };
    let now = Timestamp::from_millis(now);
    let wish = json::object(wish.as_bytes()).unwrap_or_default();
    for (audience, required, max_age) in
        [(None, &[] as &[_], None), (Some(vec!["a".to_owned()]), RFC_9068_CLAIMS, Some(60.0))]
    {
        let policy = ClaimsPolicy { issuers: vec!["i".to_owned()], audience, required, leeway: 5.0, max_age };
        let claims = jwt.unverified_claims();
        let window = policy.window(claims);
        if (window.from..window.until).contains(&now.as_seconds()) {
            assert!(policy.check_times(claims, now).is_ok(), "a window promises no more than the checks");
        }
        let _ = policy.check(claims, now);
        let _ = IdTokenPolicy::read(wish.root(), Algorithm::Rs256).check(&policy, claims, now);
        let _ = Requirements::read(wish.root()).check(claims.object());
    }
});
