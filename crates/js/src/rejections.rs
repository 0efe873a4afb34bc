//! Promises that were rejected while nobody listened.

use std::cell::RefCell;

use rquickjs::{Ctx, Persistent, Value};

struct Rejected {
    promise: Persistent<Value<'static>>,
    reason: Persistent<Value<'static>>,
}

/// Those of one engine; to be emptied before the engine goes, because the values in it belong to it.
#[derive(Default)]
pub(crate) struct Rejections(RefCell<Vec<Rejected>>);

impl Rejections {
    /// What the engine tells at each rejection without a handler, and again when a handler comes late.
    pub(crate) fn track<'js>(
        &self,
        ctx: &Ctx<'js>,
        promise: Value<'js>,
        reason: Value<'js>,
        handled: bool,
    ) {
        if handled {
            self.0.borrow_mut().retain(|known| {
                known
                    .promise
                    .clone()
                    .restore(ctx)
                    .is_ok_and(|known| known != promise)
            });
        } else {
            let rejected = Rejected {
                promise: Persistent::save(ctx, promise),
                reason: Persistent::save(ctx, reason),
            };
            self.0.borrow_mut().push(rejected);
        }
    }

    /// Takes the reason of the first one that is still unheard.
    pub(crate) fn take<'js>(&self, ctx: &Ctx<'js>) -> Option<Value<'js>> {
        let mut rejected = self.0.borrow_mut();
        if rejected.is_empty() {
            return None;
        }
        rejected.remove(0).reason.restore(ctx).ok()
    }

    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}
