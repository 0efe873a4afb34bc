//! Promises that were rejected while nobody listened.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
};

use rquickjs::{Ctx, Persistent, Value};

type Kept = Persistent<Value<'static>>;

/// Those of one engine; to be emptied before the engine goes, because the values in it belong to it.
#[derive(Default)]
pub(crate) struct Rejections(RefCell<Unheard>);

/// In the order in which they were rejected; the count of a promise is its place.
#[derive(Default)]
struct Unheard {
    reasons: BTreeMap<u64, Kept>,
    // Keeps the promise, so that no other can be mistaken for it.
    places: HashMap<Kept, u64>,
    count: u64,
}

impl Rejections {
    /// What the engine tells at each rejection without a handler, and again when a handler comes late.
    pub(crate) fn track<'js>(
        &self,
        ctx: &Ctx<'js>,
        promise: Value<'js>,
        reason: Value<'js>,
        handled: bool,
    ) {
        let promise = Persistent::save(ctx, promise);
        let mut unheard = self.0.borrow_mut();
        if handled {
            unheard.forget(&promise);
        } else {
            unheard.keep(promise, Persistent::save(ctx, reason));
        }
    }

    /// Takes the first one that is still unheard: its promise and its reason.
    pub(crate) fn take<'js>(&self, ctx: &Ctx<'js>) -> Option<(Value<'js>, Value<'js>)> {
        let (promise, reason) = self.0.borrow_mut().pop()?;
        Some((promise.restore(ctx).ok()?, reason.restore(ctx).ok()?))
    }

    pub(crate) fn clear(&self) {
        drop(self.0.take());
    }
}

impl Unheard {
    fn keep(&mut self, promise: Kept, reason: Kept) {
        self.count += 1;
        self.places.insert(promise, self.count);
        self.reasons.insert(self.count, reason);
    }

    fn pop(&mut self) -> Option<(Kept, Kept)> {
        let (place, reason) = self.reasons.pop_first()?;
        let promise = self.places.iter().find(|(_, it)| **it == place)?.0.clone();
        self.places.remove(&promise);
        Some((promise, reason))
    }

    fn forget(&mut self, promise: &Kept) {
        if let Some(place) = self.places.remove(promise) {
            self.reasons.remove(&place);
        }
    }
}
