//! A caller's mistake in an option.

use std::borrow::Cow;
use std::fmt;

/// An option that is missing, of the wrong kind or in contradiction to another one.
///
/// It becomes a `TypeError` in JavaScript. Its text names the option's path, never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionError {
    /// Where the option is, for example `options.clientId`.
    pub path: Cow<'static, str>,
    /// What is wrong with it: a phrase that follows the path.
    pub problem: Cow<'static, str>,
}

impl OptionError {
    /// An error at `path`, where `problem` reads on from it: "must be a string".
    #[must_use]
    pub fn new(path: impl Into<Cow<'static, str>>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }
}

/// What is wrong with a name that is none of these.
#[must_use]
pub fn none_of(names: &[&str]) -> String {
    format!("must be one of {}", names.join(", "))
}

impl fmt::Display for OptionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "gatepass: {} {}", self.path, self.problem)
    }
}

impl std::error::Error for OptionError {}
