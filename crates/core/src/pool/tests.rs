//! C1 and C2 of the pools by themselves.

use appnet_policy::{
    Api, Policy,
    api::PerApi,
    preset::{Permits, Priority, QueueOrder},
};
use std::num::{NonZeroU32, NonZeroUsize};

use super::{Admitted, Permit, Pools};
use crate::test_support::id;

const NO_LIMIT: usize = 1_000;

const HOST: &str = "a.com";

fn pools(permits: Permits, queue_limit: usize) -> Pools {
    Pools::new(&Policy {
        permits,
        queue_limit,
        ..Policy::seed()
    })
}

/// One request (or handshake), two uploads, three downloads.
fn one_two_three() -> Pools {
    let permits = Permits::PerApi {
        request: size(1),
        upload_file: size(2),
        download_file: size(3),
    };
    pools(permits, NO_LIMIT)
}

fn size(permits: usize) -> NonZeroUsize {
    NonZeroUsize::new(permits).unwrap()
}

/// How many tasks of an API start before one has to wait.
fn started(pools: &mut Pools, api: Api) -> usize {
    (1..=100)
        .map_while(|task| match pools.admit(api, HOST, id(task)) {
            Admitted::Now(permit) => Some(permit),
            Admitted::Waits | Admitted::Full => None,
        })
        .count()
}

#[track_caller]
fn permit(admitted: Admitted) -> Permit {
    match admitted {
        Admitted::Now(permit) => permit,
        Admitted::Waits | Admitted::Full => panic!("{admitted:?}"),
    }
}

#[track_caller]
fn assert_waits(admitted: Admitted) {
    assert!(matches!(admitted, Admitted::Waits), "{admitted:?}");
}

fn turn(pools: &mut Pools) -> Option<u64> {
    pools.next_turn().map(|(task, _)| task.number())
}

#[test]
fn c1_a_shared_pool_counts_all_apis_together() {
    let mut pools = pools(Permits::Shared(size(10)), NO_LIMIT);
    for (task, api) in (1..=10).zip(Api::ALL.into_iter().cycle()) {
        let _held = permit(pools.admit(api, HOST, id(task)));
    }
    for (task, api) in (11..).zip(Api::ALL) {
        assert_waits(pools.admit(api, HOST, id(task)));
    }
}

#[test]
fn c1_a_pool_for_each_api_counts_that_api_alone() {
    let mut pools = one_two_three();
    assert_eq!(started(&mut pools, Api::DownloadFile), 3);
    assert_eq!(started(&mut pools, Api::UploadFile), 2);
    assert_eq!(started(&mut pools, Api::Request), 1);
}

#[test]
fn c1_a_handshake_counts_as_a_request() {
    let mut pools = one_two_three();
    assert_eq!(started(&mut pools, Api::ConnectSocket), 1);
    assert_eq!(started(&mut pools, Api::Request), 0);
}

#[test]
fn c1_a_permit_goes_back_to_the_pool_it_came_from() {
    let mut pools = one_two_three();
    let request = permit(pools.admit(Api::Request, HOST, id(1)));
    let _upload = permit(pools.admit(Api::UploadFile, HOST, id(2)));
    let _upload = permit(pools.admit(Api::UploadFile, HOST, id(3)));
    assert_waits(pools.admit(Api::UploadFile, HOST, id(4)));
    assert_waits(pools.admit(Api::Request, HOST, id(5)));
    pools.give_back(request);
    assert_eq!(turn(&mut pools), Some(5));
    assert_eq!(turn(&mut pools), None);
}

#[test]
fn c2_a_turn_comes_only_with_a_permit() {
    let mut pools = pools(Permits::Shared(NonZeroUsize::MIN), NO_LIMIT);
    let held = permit(pools.admit(Api::Request, HOST, id(1)));
    assert_waits(pools.admit(Api::Request, HOST, id(2)));
    assert_eq!(turn(&mut pools), None);
    pools.give_back(held);
    assert_eq!(turn(&mut pools), Some(2));
    assert_eq!(turn(&mut pools), None);
}

#[test]
fn c2_a_shared_pool_has_one_queue_for_all_apis() {
    let mut pools = pools(Permits::Shared(NonZeroUsize::MIN), NO_LIMIT);
    let held = permit(pools.admit(Api::Request, HOST, id(1)));
    assert_waits(pools.admit(Api::DownloadFile, HOST, id(2)));
    assert_waits(pools.admit(Api::Request, HOST, id(3)));
    pools.give_back(held);
    assert_eq!(turn(&mut pools), Some(2));
}

#[test]
fn c2_who_waits_is_not_overtaken_by_who_comes_when_a_permit_is_free() {
    let mut pools = pools(Permits::Shared(NonZeroUsize::MIN), NO_LIMIT);
    let held = permit(pools.admit(Api::Request, HOST, id(1)));
    assert_waits(pools.admit(Api::Request, HOST, id(2)));
    pools.give_back(held);
    assert_waits(pools.admit(Api::Request, HOST, id(3)));
    assert_eq!(turn(&mut pools), Some(2));
}

#[test]
fn c2_each_pools_queue_has_the_bound() {
    let permits = Permits::PerApi {
        request: size(1),
        upload_file: size(1),
        download_file: size(1),
    };
    let mut pools = pools(permits, 1);
    let _held = [Api::Request, Api::UploadFile].map(|api| permit(pools.admit(api, HOST, id(9))));
    assert_waits(pools.admit(Api::Request, HOST, id(1)));
    assert_waits(pools.admit(Api::UploadFile, HOST, id(2)));
    let full = pools.admit(Api::UploadFile, HOST, id(3));
    assert!(matches!(full, Admitted::Full), "{full:?}");
}

#[test]
fn c2_who_left_the_queue_has_no_turn() {
    let mut pools = pools(Permits::Shared(NonZeroUsize::MIN), NO_LIMIT);
    let held = permit(pools.admit(Api::Request, HOST, id(1)));
    assert_waits(pools.admit(Api::UploadFile, HOST, id(2)));
    assert_waits(pools.admit(Api::Request, HOST, id(3)));
    pools.leave_queue(Api::UploadFile, id(2));
    pools.give_back(held);
    assert_eq!(turn(&mut pools), Some(3));
}

/// Two permits for all, one for requests to each host.
fn one_a_host() -> Pools {
    Pools::new(&Policy {
        permits: Permits::Shared(size(2)),
        host_permits: PerApi {
            request: Some(size(1)),
            ..PerApi::all(None)
        },
        ..Policy::seed()
    })
}

#[test]
fn c1_a_host_has_its_own_number_of_permits() {
    let mut pools = one_a_host();
    let first = permit(pools.admit(Api::Request, "a.com", id(1)));
    assert_waits(pools.admit(Api::Request, "a.com", id(2)));
    let other = permit(pools.admit(Api::Request, "b.com", id(3)));
    pools.give_back(other);
    assert_eq!(turn(&mut pools), None, "a.com has its one");
    pools.give_back(first);
    assert_eq!(turn(&mut pools), Some(2));
}

#[test]
fn c1_a_host_that_is_busy_holds_up_nobody_else() {
    let mut pools = one_a_host();
    let first = permit(pools.admit(Api::Request, "a.com", id(1)));
    for task in 2..=4 {
        assert_waits(pools.admit(Api::Request, "a.com", id(task)));
    }
    let _passes = permit(pools.admit(Api::Request, "b.com", id(5)));
    assert_waits(pools.admit(Api::UploadFile, "a.com", id(6)));
    pools.give_back(first);
    assert_eq!(turn(&mut pools), Some(2));
    assert_eq!(turn(&mut pools), None);
}

#[test]
fn c1_the_number_of_a_host_is_that_of_the_api_it_is_stated_for() {
    let mut pools = one_a_host();
    let _request = permit(pools.admit(Api::Request, "a.com", id(1)));
    let _upload = permit(pools.admit(Api::UploadFile, "a.com", id(2)));
}

#[test]
fn c1_who_leaves_the_queue_of_a_host_lets_the_next_one_there_start() {
    let mut pools = one_a_host();
    let first = permit(pools.admit(Api::Request, "a.com", id(1)));
    for task in 2..=3 {
        assert_waits(pools.admit(Api::Request, "a.com", id(task)));
    }
    pools.leave_queue(Api::Request, id(2));
    pools.give_back(first);
    assert_eq!(turn(&mut pools), Some(3));
    assert_eq!(turn(&mut pools), None);
}

/// One permit; sockets before requests before uploads and downloads, by at most two places a level.
fn by_priority() -> Pools {
    Pools::new(&Policy {
        permits: Permits::Shared(NonZeroUsize::MIN),
        queue_order: QueueOrder::ByPriority {
            of: PerApi {
                request: Priority::Normal,
                upload_file: Priority::Low,
                download_file: Priority::Low,
                connect_socket: Priority::High,
            },
            head_start: NonZeroU32::new(2).unwrap(),
        },
        ..Policy::seed()
    })
}

/// The order in which tasks of these APIs run that all wait for the one permit; the first call has it.
fn order(calls: &[Api]) -> Vec<u64> {
    let mut pools = by_priority();
    let mut held = permit(pools.admit(Api::Request, HOST, id(1)));
    for (task, api) in (2..).zip(calls) {
        assert_waits(pools.admit(*api, HOST, id(task)));
    }
    std::iter::from_fn(|| {
        let permit = std::mem::replace(
            &mut held,
            Permit {
                pool: super::PoolIndex(0),
                lane: None,
            },
        );
        pools.give_back(permit);
        let (task, next) = pools.next_turn()?;
        held = next;
        Some(task.number())
    })
    .collect()
}

#[test]
fn c2_an_urgent_task_overtakes_those_that_came_a_little_before() {
    use Api::{ConnectSocket as High, DownloadFile as Low, Request as Normal};
    assert_eq!(order(&[Low, Normal, High]), [4, 3, 2]);
    assert_eq!(order(&[Low, Low, High, High]), [4, 5, 2, 3]);
    assert_eq!(order(&[Normal, Normal, Normal]), [2, 3, 4]);
}

#[test]
fn c2_a_task_is_overtaken_by_a_bounded_number_of_later_ones() {
    use Api::{ConnectSocket as High, DownloadFile as Low, Request as Normal};
    // The low one joined first; after four places nobody passes it any more.
    let urgent = [High; 20];
    let calls = [&[Low][..], &urgent].concat();
    assert_eq!(order(&calls).iter().position(|&task| task == 2), Some(4));
    let calls = [&[Normal][..], &urgent].concat();
    assert_eq!(order(&calls).iter().position(|&task| task == 2), Some(2));
}
