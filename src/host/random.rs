//! Chance, for spreading load, and names that nobody else gives; nothing secret is made of it.

/// The host's source of chance.
pub trait Random {
    /// A number from 0 up to, but not including, 1.
    fn unit(&self) -> f64;

    /// A text that was never there before.
    fn unique(&self) -> String;
}

/// A whole number from `least` to `most`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u32")]
pub fn between(host: &impl Random, least: u32, most: u32) -> u32 {
    let width = f64::from(most.saturating_sub(least)) + 1.0;
    least.saturating_add((host.unit().clamp(0.0, 1.0) * width) as u32).min(most)
}
