use std::task::{Context, Poll, Waker};

use super::*;

const fn is_shared_by_threads<T: Send + Sync>() {}
const _: () = is_shared_by_threads::<Account>();
const _: () = is_shared_by_threads::<Credit>();

/// Polls once.
fn poll<T>(work: &mut std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

#[test]
fn i2_credit_comes_back_when_the_last_copy_of_the_bytes_is_dropped() {
    let account = Account::new(100);
    let data = account
        .try_acquire(60)
        .unwrap()
        .lend(Bytes::from_static(b"data"));
    assert_eq!(account.untaken(), 60);
    let part = data.slice(1..2);
    drop(data);
    assert_eq!(account.untaken(), 60);
    assert!(account.try_acquire(41).is_none());
    drop(part);
    assert_eq!(account.untaken(), 0);
}

#[test]
fn i2_nothing_at_all_holds_its_credit_too() {
    let account = Account::new(100);
    let empty = account.try_acquire(10).unwrap().lend(Bytes::new());
    assert_eq!((account.untaken(), empty.len()), (10, 0));
    drop(empty);
    assert_eq!(account.untaken(), 0);
}

#[test]
fn i2_who_waits_is_served_in_order_and_who_gives_up_leaves_the_line() {
    let account = Account::new(100);
    let full = account.try_acquire(100).unwrap();
    let mut large = Box::pin(account.acquire(90));
    let mut small = std::pin::pin!(account.acquire(10));
    assert!(poll(&mut large.as_mut()).is_none() && poll(&mut small).is_none());
    drop(full);
    assert!(poll(&mut small).is_none(), "the other one was first");
    assert!(account.try_acquire(1).is_none(), "others wait already");
    drop(large);
    let credit = poll(&mut small).unwrap();
    assert_eq!(account.untaken(), 10);
    drop(credit);
}

#[test]
fn i2_what_is_larger_than_the_account_has_it_alone() {
    let account = Account::new(100);
    let small = account.try_acquire(1).unwrap();
    assert!(account.try_acquire(1000).is_none());
    drop(small);
    assert_eq!(account.try_acquire(1000).unwrap().bytes, 1000);
    assert_eq!(account.untaken(), 0);
}

#[test]
fn i2_bodies_under_way_do_not_wait_for_each_other() {
    let account = Account::new(100);
    let mut bodies = vec![account.open(), account.open(), account.open()];
    let mut most = 0;
    while !bodies.is_empty() {
        // Byte by byte in turns, each 90 bytes long.
        let under_way = bodies.iter_mut().filter(|body| body.bytes < 90);
        let grew = under_way
            .filter_map(|body| body.try_grow(1).then_some(()))
            .count();
        most = most.max(account.untaken());
        if grew == 0 {
            let whole = bodies.iter().position(|body| body.bytes == 90);
            bodies.remove(whole.expect("where none grows, one is whole"));
        }
    }
    assert!(most <= 190, "{most}");
}

#[tokio::test]
async fn i2_credit_that_comes_back_on_another_thread_wakes_who_waits() {
    let account = Account::new(100);
    let full = account.try_acquire(100).unwrap();
    let mut body = account.open();
    let over = account.try_acquire(0);
    assert!(
        over.is_some() && body.try_grow(1),
        "exactly full is within the limit"
    );
    let mut other = account.open();
    assert!(!other.try_grow(1));
    let taker = std::thread::spawn(move || drop(full));
    other.grow(1).await;
    taker.join().unwrap();
    assert_eq!(account.untaken(), 2);
}

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Someone who waits for credit.
struct Waiting<'a> {
    work: std::pin::Pin<Box<dyn Future<Output = Credit> + 'a>>,
    woken: Arc<Woken>,
}

impl<'a> Waiting<'a> {
    fn new(account: &'a Account, bytes: usize) -> Self {
        let mut waiting = Self {
            work: Box::pin(account.acquire(bytes)),
            woken: Arc::default(),
        };
        assert!(waiting.poll().is_none());
        waiting
    }

    fn poll(&mut self) -> Option<Credit> {
        let waker = Waker::from(Arc::clone(&self.woken));
        match self.work.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(credit) => Some(credit),
            Poll::Pending => None,
        }
    }

    /// Whether it was woken since the last time.
    fn was_woken(&self) -> bool {
        self.woken.0.swap(0, Ordering::Relaxed) > 0
    }
}

#[test]
fn i2_whoever_is_woken_for_all_wakes_the_others() {
    let account = Account::new(100);
    let full = account.try_acquire(100).unwrap();
    let first = &mut Waiting::new(&account, 40);
    let second = &mut Waiting::new(&account, 40);
    let third = &mut Waiting::new(&account, 40);
    drop(full);
    assert!(
        third.was_woken() && third.poll().is_none(),
        "it is not first"
    );
    assert!(first.was_woken() && second.was_woken());
    let first = first.poll().expect("there is room");
    let _second = second.poll().expect("there is room");
    assert!(third.was_woken() && third.poll().is_none(), "there is none");
    drop(first);
    assert!(third.was_woken() && third.poll().is_some());
}

#[test]
fn i2_whoever_would_have_woken_the_others_and_gives_up_does_so() {
    let account = Account::new(100);
    let full = account.try_acquire(100).unwrap();
    let mut first = Waiting::new(&account, 40);
    let second = Waiting::new(&account, 40);
    drop(second); // it was the last to come, so the one that is woken
    assert!(first.was_woken() && first.poll().is_none());
    let second = Waiting::new(&account, 40);
    drop(full);
    drop(second); // woken, and it does not come to wake the other
    assert!(first.was_woken() && first.poll().is_some());
}

#[test]
fn i2_who_looks_again_and_again_is_woken_once() {
    let account = Account::new(100);
    let full = account.try_acquire(100).unwrap();
    let mut waiting = Waiting::new(&account, 1);
    for _ in 0..1000 {
        assert!(waiting.poll().is_none());
    }
    assert_eq!(account.line().all.len(), 1);
    drop(full);
    assert!(waiting.poll().is_some());
    assert_eq!(waiting.woken.0.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn i2_no_credit_that_comes_back_on_another_thread_is_missed() {
    const EACH: usize = 2_000;
    let account = Account::new(100);
    let (taken, takes) = std::sync::mpsc::channel::<Credit>();
    let taker = std::thread::spawn(move || takes.into_iter().count());
    let senders = [40, 60, 100, 1].map(|bytes| {
        let (account, taken) = (account.clone(), taken.clone());
        tokio::spawn(async move {
            for _ in 0..EACH {
                taken.send(account.acquire(bytes).await).unwrap();
                tokio::task::yield_now().await;
            }
        })
    });
    drop(taken);
    for sender in senders {
        sender.await.unwrap();
    }
    assert_eq!(taker.join().unwrap(), 4 * EACH);
    assert_eq!(account.untaken(), 0);
}
