//! What an isolate remembers from one request to the next: plain data, bounded.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::rc::Rc;

use lru::LruCache;

/// The values that were used last, by name.
///
/// One kind of key for all of them: every further kind would bring a hash table of its own into
/// the wasm.
pub struct Memory<T> {
    entries: RefCell<LruCache<Box<str>, Rc<T>>>,
}

impl<T> Memory<T> {
    /// Room for `capacity` values; the one that was not used for longest goes first.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { entries: RefCell::new(LruCache::new(capacity)) }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<Rc<T>> {
        self.entries.borrow_mut().get(name).map(Rc::clone)
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
        self.entries.borrow_mut().put(name.into(), value);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::num::NonZeroUsize;
    use std::rc::Rc;

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
}
