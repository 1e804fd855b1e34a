//! Just enough understanding of Rust source text for `layers.rs`: what is code, and which paths
//! are in it.

#![allow(clippy::arithmetic_side_effects, reason = "a place in a file of this repository")]

/// The source without comments and with its strings and characters emptied.
pub fn visible_code(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped =
            comment(rest).or_else(|| raw_string(rest, &code)).or_else(|| string(rest)).or_else(|| character(rest));
        let length = skipped.unwrap_or(first.len_utf8());
        match skipped {
            None => code.push(first),
            Some(_) => code.push(' '),
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    code
}

fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = if rest.starts_with("/*") {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    Some(at)
}

fn raw_string(text: &str, before: &str) -> Option<usize> {
    if before.ends_with(is_name_character) && !before.ends_with('b') {
        return None;
    }
    let hashes = text.strip_prefix('r')?.chars().take_while(|c| *c == '#').count();
    let body = text.get(1 + hashes..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(text.len() - body.len() + body.find(&end)? + end.len())
}

fn string(text: &str) -> Option<usize> {
    let body = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            '"' if !escaped => return Some(at + 2),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Some(text.len())
}

/// A character, not a lifetime.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    if body.starts_with('\\') {
        let end = body.char_indices().skip(2).find(|(_, c)| *c == '\'')?;
        return Some(end.0 + 2);
    }
    let c = body.chars().next()?;
    body.get(c.len_utf8()..)?.starts_with('\'').then_some(c.len_utf8() + 2)
}

/// The code without its modules of tests: `#[cfg(... test ...)] mod name { ... }`.
pub fn without_test_modules(code: &str) -> String {
    without_blocks(code, |before| {
        let Some((rest, name)) = before.trim_end().rsplit_once(char::is_whitespace) else { return false };
        let attribute = rest.trim_end().strip_suffix("mod").map(str::trim_end);
        let attribute = attribute.and_then(|rest| rest.strip_suffix(']')).and_then(|rest| rest.rsplit_once("#["));
        !name.is_empty() && attribute.is_some_and(|(_, text)| text.starts_with("cfg(") && text.contains("test"))
    })
}

/// The code without its blocks of foreign functions and the attributes on these blocks.
pub fn without_extern_blocks(code: &str) -> String {
    let code = without_blocks(code, |before| before.trim_end().ends_with("extern"));
    let mut kept: Vec<&str> = Vec::new();
    for part in code.split_inclusive("extern") {
        let attribute = part.strip_suffix("extern").map(str::trim_end).filter(|before| before.ends_with(']'));
        kept.push(attribute.and_then(|before| before.rsplit_once("#[")).map_or(part, |(before, _)| before));
    }
    kept.concat()
}

/// The code without the contents of the blocks that begin after a text of this kind.
fn without_blocks(code: &str, begins_after: impl Fn(&str) -> bool) -> String {
    let mut kept = String::new();
    let mut depth = 0_usize;
    for c in code.chars() {
        match c {
            '{' if depth > 0 || begins_after(&kept) => depth += 1,
            '}' if depth > 0 => depth -= 1,
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// All paths and single names in the code, those in braces with what stands before the braces.
pub fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    // What each open brace continues: a path that ends in `::`, or nothing.
    let mut prefixes: Vec<String> = Vec::new();
    let mut path = String::new();
    let mut after_name = false;
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let name: String = rest.chars().take_while(|c| is_name_character(*c)).collect();
        let step = if !name.is_empty() {
            if after_name {
                finish(&mut found, &mut path, &prefixes);
            }
            path.push_str(&name);
            after_name = true;
            name.len()
        } else if rest.starts_with("::") {
            // A path that starts with `::` names a crate, as one without does.
            if !path.is_empty() {
                path.push_str("::");
            }
            after_name = false;
            2
        } else if c.is_whitespace() {
            c.len_utf8()
        } else {
            if c == '{' {
                let prefix = if path.ends_with("::") { std::mem::take(&mut path) } else { String::new() };
                finish(&mut found, &mut path, &prefixes);
                prefixes.push(prefix);
            } else {
                finish(&mut found, &mut path, &prefixes);
            }
            if c == '}' {
                prefixes.pop();
            }
            after_name = false;
            c.len_utf8()
        };
        rest = rest.get(step..).unwrap_or_default();
    }
    finish(&mut found, &mut path, &prefixes);
    found
}

fn finish(found: &mut Vec<String>, path: &mut String, prefixes: &[String]) {
    if path.is_empty() {
        return;
    }
    let path = std::mem::take(path);
    let from = prefixes.iter().rposition(String::is_empty).map_or(0, |at| at + 1);
    let prefix = prefixes.get(from..).map(<[String]>::concat).unwrap_or_default();
    found.push(format!("{prefix}{path}"));
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
