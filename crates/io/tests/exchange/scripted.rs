//! A resolver that says what a test tells it to.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use appnet_io::{Lookup, ResolveError, ResolveFault, Resolved, Resolver};

/// Answers every lookup with the same, and remembers what was asked. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Scripted {
    /// `None`: a lookup never ends.
    answer: Option<Result<Resolved, ResolveError>>,
    asked: Rc<RefCell<Vec<String>>>,
    under_way: Rc<Cell<usize>>,
}

impl Scripted {
    pub(crate) fn answering(resolved: Resolved) -> Self {
        Self {
            answer: Some(Ok(resolved)),
            ..Self::default()
        }
    }

    pub(crate) fn failing(fault: ResolveFault) -> Self {
        Self {
            answer: Some(Err(ResolveError::new(fault, "scripted"))),
            ..Self::default()
        }
    }

    pub(crate) fn silent() -> Self {
        Self::default()
    }

    /// The names that were asked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    /// Lookups that neither ended nor were given up.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.get()
    }
}

impl Resolver for Scripted {
    fn resolve<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        self.asked.borrow_mut().push(name.to_owned());
        let counted = Counted::new(&self.under_way);
        Box::pin(async {
            let _counted = counted;
            match self.answer.clone() {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }
}

/// An answer that outlives the test.
pub(crate) fn forever(addresses: &[&str]) -> Resolved {
    lasting(addresses, Duration::from_secs(3600))
}

/// An answer that may be remembered for so long.
pub(crate) fn lasting(addresses: &[&str], ttl: Duration) -> Resolved {
    let addresses = addresses.iter().map(|text| text.parse().unwrap());
    Resolved {
        addresses: addresses.collect(),
        ttl,
    }
}

struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn new(count: &Rc<Cell<usize>>) -> Self {
        count.set(count.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
