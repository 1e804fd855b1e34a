//! What an isolate remembers from one request to the next: plain data, bounded.

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;
use std::rc::Rc;

/// The values that were used last, by name.
///
/// A sorted list instead of a hash table: it finds one of a thousand as fast, nobody can choose
/// names that make it slow, and it is 8 KB of wasm less.
pub struct Memory<T> {
    capacity: NonZeroUsize,
    entries: RefCell<Vec<Entry<T>>>,
    uses: Cell<u64>,
}

struct Entry<T> {
    name: Box<str>,
    last_use: u64,
    value: Rc<T>,
}

impl<T> Memory<T> {
    /// Room for `capacity` values; the one that was not used for longest goes first.
    #[must_use]
    pub const fn new(capacity: NonZeroUsize) -> Self {
        Self { capacity, entries: RefCell::new(Vec::new()), uses: Cell::new(0) }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<Rc<T>> {
        let mut entries = self.entries.borrow_mut();
        let place = find(&entries, name).ok()?;
        let entry = entries.get_mut(place)?;
        entry.last_use = self.next_use();
        Some(Rc::clone(&entry.value))
    }

    /// The value of a name, made where there is none.
    pub fn get_or_insert(&self, name: &str, new: impl FnOnce() -> T) -> Rc<T> {
        self.get(name).unwrap_or_else(|| {
            let new = Rc::new(new());
            self.put(name, Rc::clone(&new));
            new
        })
    }

    /// Remembers a value in place of an older one.
    pub fn put(&self, name: &str, value: Rc<T>) {
        self.forget(name);
        let mut entries = self.entries.borrow_mut();
        if entries.len() >= self.capacity.get() {
            let oldest = entries.iter().enumerate().min_by_key(|(_, entry)| entry.last_use);
            if let Some((place, _)) = oldest {
                entries.remove(place);
            }
        }
        let place = find(&entries, name).unwrap_or_else(|place| place);
        entries.insert(place, Entry { name: name.into(), last_use: self.next_use(), value });
    }

    fn forget(&self, name: &str) {
        let mut entries = self.entries.borrow_mut();
        if let Ok(place) = find(&entries, name) {
            entries.remove(place);
        }
    }

    fn next_use(&self) -> u64 {
        self.uses.set(self.uses.get().saturating_add(1));
        self.uses.get()
    }
}

/// Where an entry is, or where it would have to be.
fn find<T>(entries: &[Entry<T>], name: &str) -> Result<usize, usize> {
    entries.binary_search_by(|entry| (*entry.name).cmp(name))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::num::NonZeroUsize;
    use std::rc::Rc;

    use proptest::prelude::*;

    use super::Memory;

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_first() {
        let memory = Memory::new(NonZeroUsize::MIN.saturating_add(1));
        memory.put("a", Rc::new(1));
        memory.put("b", Rc::new(2));
        assert_eq!(memory.get("a").as_deref(), Some(&1));
        memory.put("c", Rc::new(3));
        assert_eq!(
            (memory.get("a").as_deref(), memory.get("b"), memory.get("c").as_deref()),
            (Some(&1), None, Some(&3))
        );
    }

    proptest! {
        #[test]
        fn it_holds_what_a_list_in_the_order_of_use_would_hold(
            steps in proptest::collection::vec((0..3_u8, "[ab]{0,3}", any::<u8>()), 0..200),
        ) {
            let memory = Memory::new(NonZeroUsize::MIN.saturating_add(4));
            let mut model: Vec<(String, u8)> = Vec::new();
            for (step, name, value) in steps {
                let known = model.iter().position(|(known, _)| *known == name).map(|place| model.remove(place));
                match step {
                    0 => {
                        memory.put(&name, Rc::new(value));
                        model.truncate(4);
                        model.insert(0, (name, value));
                    }
                    1 => {
                        prop_assert_eq!(memory.get(&name).as_deref().copied(), known.as_ref().map(|(_, value)| *value));
                        model.splice(0..0, known);
                    }
                    _ => memory.forget(&name),
                }
                prop_assert_eq!(memory.entries.borrow().len(), model.len());
            }
        }
    }
}
