//! A resolver that says what a test tells it to.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    time::Duration,
};

use appnet_io::{Lookup, ResolveError, ResolveFault, Resolved, Resolver};

/// Answers lookups one after another, the last answer for all that come later, and remembers what was asked. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Scripted {
    /// Empty: a lookup never ends.
    answers: Rc<RefCell<VecDeque<Result<Resolved, ResolveError>>>>,
    asked: Rc<RefCell<Vec<String>>>,
    under_way: Rc<Cell<usize>>,
}

impl Scripted {
    pub(crate) fn answering(resolved: Resolved) -> Self {
        Self::in_turn([resolved])
    }

    pub(crate) fn in_turn(answers: impl IntoIterator<Item = Resolved>) -> Self {
        Self::saying(answers.into_iter().map(Ok).collect())
    }

    pub(crate) fn failing(fault: ResolveFault) -> Self {
        Self::saying([Err(ResolveError::new(fault, "scripted"))].into())
    }

    fn saying(answers: VecDeque<Result<Resolved, ResolveError>>) -> Self {
        Self {
            answers: Rc::new(RefCell::new(answers)),
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

impl Scripted {
    fn next(&self) -> Option<Result<Resolved, ResolveError>> {
        let mut answers = self.answers.borrow_mut();
        match answers.len() {
            0 | 1 => answers.front().cloned(),
            _ => answers.pop_front(),
        }
    }
}

impl Resolver for Scripted {
    fn resolve<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        self.asked.borrow_mut().push(name.to_owned());
        let counted = Counted::new(&self.under_way);
        Box::pin(async {
            let _counted = counted;
            match self.next() {
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
