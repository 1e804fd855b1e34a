//! What SECURITY.md promises is held by tests that are there, by the names that it gives.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "the helpers run within tests only")]

use std::fs;
use std::path::Path;

/// The section with a table of promises for each who is to be protected.
const SECTION: &str = "### What holds these promises";

/// What is wrong with a document of promises, where `read` gives the files that it links to.
fn problems(document: &str, read: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let Some((_, section)) = document.split_once(SECTION) else { return vec!["there are no promises".to_owned()] };
    let section = section.split_once("\n### ").map_or(section, |(section, _)| section);
    let mut problems = Vec::new();
    for row in section.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| held by |")) {
        let links = links(row);
        if links.is_empty() {
            problems.push(format!("no test holds: {row}"));
        }
        for (test, file) in links {
            match read(file) {
                None => problems.push(format!("there is no {file}")),
                Some(source) if !has_test(file, &source, test) => problems.push(format!("{file} has no test: {test}")),
                Some(_) => {}
            }
        }
    }
    problems
}

/// The links of a row: text and address of each.
fn links(row: &str) -> Vec<(&str, &str)> {
    let ends = row.split('[').skip(1).filter_map(|link| link.split_once("]("));
    ends.filter_map(|(text, rest)| Some((text, rest.split_once(')')?.0))).collect()
}

/// Whether a file has a test of this name: a function with the attribute of one, or a text that a test is given as its
/// name, to its end or to where its cases are told apart.
fn has_test(file: &str, source: &str, test: &str) -> bool {
    if Path::new(file).extension().is_some_and(|extension| extension == "rs") {
        return source.split_once(&format!("fn {test}(")).is_some_and(|(before, _)| {
            let attributes = before.trim_end().trim_end_matches("async").trim_end().lines().rev();
            attributes.take_while(|line| line.trim().starts_with("#[")).any(|line| line.trim_end().ends_with("test]"))
        });
    }
    let names = [format!("test(\"{test}\""), format!("test(`{test}`"), format!("test(`{test}: ${{")];
    names.iter().any(|name| source.contains(name))
}

#[test]
fn each_promise_of_security_md_is_held_by_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let found = problems(&document, &|file| fs::read_to_string(root.join(file)).ok());
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(document.matches(".rs)").count() > 40, "the promises are not found any more");
}

#[test]
fn a_promise_whose_test_is_gone_is_found() {
    let files = |file: &str| match file {
        "a.rs" => Some(
            "#[test]\nfn there() {}\n\n    #[wasm_bindgen_test]\n    async fn too() {}\n\nfn helper() {}\n".to_owned(),
        ),
        "b.mjs" => {
            Some("test(\"said so\", async () => {});\ntest(`each: ${what}`, () => {});\n// gone too\n".to_owned())
        }
        _ => None,
    };
    let judged = |cell: &str| {
        problems(&format!("{SECTION}\n\n| A | held by |\n|---|---|\n| p | {cell} |\n\n### Next\n"), &files)
    };
    for good in ["[there](a.rs)", "[too](a.rs), [said so](b.mjs)", "[each](b.mjs)"] {
        assert_eq!(judged(good), Vec::<String>::new(), "{good}");
    }
    for bad in [
        "[gone](a.rs)",
        "[helper](a.rs)",
        "[ther](a.rs)",
        "[gone too](b.mjs)",
        "[said](b.mjs)",
        "[there](c.rs)",
        "nothing",
    ] {
        assert_eq!(judged(bad).len(), 1, "{bad}");
    }
    assert_eq!(problems("# Security\n", &files).len(), 1);
}
