//! The one rule of the layout: an arrow may only point left.
//!
//! ```text
//! protocol  <-  host  <-  flow  <-  js
//! ```
//!
//! And what follows from it: which layer may name which crate, that the two on the left know no
//! clock, that a signature's verdict is made in one place, and that JavaScript is exported from one.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

mod support {
    pub mod rust_source;
}

use std::fs;
use std::path::Path;

use crate::support::rust_source::{paths, visible_code, without_extern_blocks, without_test_modules};

/// From left to right.
const LAYERS: [&str; 4] = ["protocol", "host", "flow", "js"];
/// The part of the host layer that speaks to JavaScript.
const ADAPTERS: &str = "host/web";

/// Which parts may name which crate. A new dependency has to be given its place here.
const CRATES: [(&str, &[&str]); 9] = [
    ("std", &["protocol", "host", "flow", "js"]),
    ("fluent_uri", &["protocol"]),
    ("form_urlencoded", &["protocol"]),
    ("percent_encoding", &["protocol"]),
    ("sha2", &["protocol"]),
    ("zeroize", &["protocol"]),
    ("js_sys", &[ADAPTERS, "js"]),
    ("wasm_bindgen", &[ADAPTERS, "js"]),
    ("talc", &["js"]),
];
/// Crates that are looked for although nobody may name them, or not everybody.
const WATCHED: [&str; 10] = [
    "web_sys",
    "wasm_bindgen_futures",
    "tokio",
    "futures",
    "futures_util",
    "getrandom",
    "rand",
    "chrono",
    "serde",
    "serde_json",
];
/// Names that read a clock.
const CLOCKS: [&str; 4] = ["SystemTime::now", "Instant::now", "Date::now", "Date::new_0"];

/// What a file, named relative to `src`, does against the rule.
fn violations(file: &str, source: &str) -> Vec<String> {
    let code = without_test_modules(&visible_code(source));
    let Some((layer, name)) = LAYERS.iter().enumerate().find(|(_, name)| file.starts_with(&format!("{name}/"))) else {
        return if file == "lib.rs" { Vec::new() } else { vec![format!("{file}: belongs to no layer")] };
    };
    let mut found = Vec::new();
    let paths = paths(&code);
    for path in &paths {
        let mut segments = path.split("::");
        let (root, next) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
        // The word alone is a visibility: pub(crate).
        if root == "crate" && path != "crate" {
            match LAYERS.iter().position(|layer| *layer == next) {
                Some(target) if target <= layer => {}
                Some(_) => found.push(format!("{path} points right")),
                None => found.push(format!("{path} does not say which layer it is of")),
            }
        }
        if path.contains("super::super") {
            found.push(format!("{path}: write crate:: so that the layer can be seen"));
        }
        if let Some((_, places)) = CRATES.iter().find(|(name, _)| *name == root)
            && !places.iter().any(|place| file.starts_with(&format!("{place}/")))
        {
            found.push(format!("{path} may not be named here"));
        }
        if WATCHED.contains(&root) {
            found.push(format!("{path} may not be named here"));
        }
        if ["protocol", "flow"].contains(name) && CLOCKS.iter().any(|clock| path.ends_with(clock)) {
            found.push(format!("{path} reads a clock: the time is an argument, or the host's"));
        }
        if path.ends_with("from_host_verdict") && path != "from_host_verdict" && file != "host/crypto.rs" {
            found.push(format!("{path}: a proof is made in host/crypto.rs only"));
        }
        if *name == "protocol"
            && ["async", "await", "Future"].iter().any(|word| path.split("::").any(|segment| segment == *word))
        {
            found.push(format!("{path}: the protocol does not await"));
        }
        if path == "unsafe" {
            found.push("unsafe code".to_owned());
        }
    }
    if *name != "js" && without_extern_blocks(&code).contains("#[wasm_bindgen") {
        found.push("an export to JavaScript outside src/js".to_owned());
    }
    found.into_iter().map(|problem| format!("{file}: {problem}")).collect()
}

/// Every file of `src`, by its name relative to it.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn every_arrow_points_left() {
    let sources = sources();
    assert!(LAYERS.iter().all(|layer| sources.iter().any(|(file, _)| file.starts_with(&format!("{layer}/")))));
    let found: Vec<_> = sources
        .iter()
        .filter(|(file, _)| !file.ends_with("tests.rs") && !file.contains("/tests/"))
        .flat_map(|(file, source)| violations(file, source))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_dependency_has_its_place() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let mut in_dependencies = false;
    let mut count = 0;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            in_dependencies = section.ends_with("dependencies]") && !section.contains("dev-dependencies");
        } else if let (true, Some((name, _))) = (in_dependencies, line.split_once('=')) {
            let name = name.trim().replace('-', "_");
            let known = CRATES.iter().any(|(known, _)| *known == name) || WATCHED.contains(&name.as_str());
            assert!(known || line.starts_with('#'), "{name} has no layer: give it one in tests/layers.rs");
            count += 1;
        }
    }
    assert!(count > 6, "the dependencies were found");
}

/// The checks see what they are there for: each of these is refused, for the reason given.
#[test]
fn a_made_up_violation_is_found() {
    for (file, source, problem) in [
        ("protocol/a.rs", "use crate::host::clock::Clock;", "points right"),
        ("protocol/a.rs", "use crate::flow::client::Client;", "points right"),
        ("protocol/a.rs", "fn f() { crate::host::crypto::prove(); }", "points right"),
        ("protocol/a.rs", "use crate::{error::Error, secret};", "which layer"),
        ("protocol/a.rs", "use crate::{host::clock::Clock};", "points right"),
        ("protocol/a.rs", "use crate::*;", "which layer"),
        ("protocol/a.rs", "use super::super::host::Host;", "write crate::"),
        ("host/a.rs", "use crate::flow::client::Client;", "points right"),
        ("host/web/a.rs", "use crate::js::client;", "points right"),
        ("flow/a.rs", "use crate::js::client;", "points right"),
        ("flow/a.rs", "pub(crate) use crate :: js :: client;", "points right"),
        ("protocol/a.rs", "use wasm_bindgen::JsValue;", "may not be named"),
        ("flow/a.rs", "fn f(value: js_sys::Object) {}", "may not be named"),
        ("flow/a.rs", "fn f(value: ::web_sys::Request) {}", "may not be named"),
        ("flow/a.rs", "use {std::rc::Rc, js_sys::Array};", "may not be named"),
        ("host/fetch.rs", "use wasm_bindgen::prelude::*;", "may not be named"),
        ("host/web/fetch.rs", "use wasm_bindgen_futures::JsFuture;", "may not be named"),
        ("js/a.rs", "use serde_json::Value;", "may not be named"),
        ("flow/a.rs", "use tokio::sync::Mutex;", "may not be named"),
        ("protocol/a.rs", "async fn f() {}", "does not await"),
        ("protocol/a.rs", "fn f() -> impl Future<Output = ()> {}", "does not await"),
        ("protocol/a.rs", "fn f() { let now = std::time::SystemTime::now(); }", "reads a clock"),
        ("flow/a.rs", "fn f() { let now = Instant::now(); }", "reads a clock"),
        ("flow/a.rs", "fn f() { Proof::from_host_verdict(&check); }", "a proof is made"),
        ("protocol/jwt.rs", "fn f() { Self::from_host_verdict(&check); }", "a proof is made"),
        ("host/fake.rs", "fn f() { let f = Proof::from_host_verdict; }", "a proof is made"),
        ("host/web/a.rs", "#[wasm_bindgen]\npub fn leak() {}", "an export"),
        ("host/web/a.rs", "#[wasm_bindgen(js_name = leak)] pub struct Leak;", "an export"),
        ("js/a.rs", "fn f() { unsafe { g() } }", "unsafe"),
        ("util.rs", "", "no layer"),
        ("extras/a.rs", "", "no layer"),
        ("protocol/a.rs", "mod tests_of_nothing { use crate::js::client; }", "points right"),
        ("protocol/a.rs", "fn f() { g(\"// \"); crate::js::client(); }", "points right"),
        ("protocol/a.rs", "fn f<'a>(x: &'a str) { g('\"'); crate::js::client(); h('\"') }", "points right"),
    ] {
        let found = violations(file, source);
        assert!(found.iter().any(|found| found.contains(problem)), "{file}: {source}\n{found:?}");
    }
}

/// And they see nothing where there is nothing.
#[test]
fn what_is_allowed_is_not_refused() {
    for (file, source) in [
        ("protocol/a.rs", "//! See [`crate::host::crypto::prove`].\nuse crate::protocol::error::Error;"),
        ("protocol/a.rs", "/* wasm_bindgen /* nested */ async */ const A: &str = \"await crate::js::x\";"),
        ("protocol/a.rs", "const A: &str = r#\"a \"crate::js::x\" b\"#;"),
        ("protocol/jwt.rs", "impl Proof { pub(crate) fn from_host_verdict() {} }"),
        (
            "protocol/jwt.rs",
            "#[cfg(all(test, not(target_arch = \"wasm32\")))]\nmod tests { fn f() { Proof::from_host_verdict(&x); } }",
        ),
        ("host/crypto.rs", "use crate::protocol::jwt::Proof;\nasync fn prove() { Proof::from_host_verdict(check) }"),
        ("host/web/a.rs", "#[wasm_bindgen(module = \"/a.js\")]\nextern \"C\" { #[wasm_bindgen(js_name = b)] fn b(); }"),
        ("flow/a.rs", "use std::rc::Rc;\nuse crate::host::Host;\nasync fn f() { g().await }"),
        ("js/a.rs", "#[wasm_bindgen]\npub fn f() { js_sys::Date::now(); }"),
        ("lib.rs", "pub mod flow;"),
    ] {
        assert_eq!(violations(file, source), Vec::<String>::new(), "{file}: {source}");
    }
}
