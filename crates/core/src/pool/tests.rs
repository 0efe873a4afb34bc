//! C1 and C2 of the pools by themselves.

use appnet_policy::{Api, preset::Permits};
use std::num::NonZeroUsize;

use super::{Admitted, Permit, Pools};
use crate::test_support::id;

const NO_LIMIT: usize = 1_000;

/// One request (or handshake), two uploads, three downloads.
fn one_two_three() -> Pools {
    let permits = Permits::PerApi {
        request: size(1),
        upload_file: size(2),
        download_file: size(3),
    };
    Pools::new(permits, NO_LIMIT)
}

fn size(permits: usize) -> NonZeroUsize {
    NonZeroUsize::new(permits).unwrap()
}

/// How many tasks of an API start before one has to wait.
fn started(pools: &mut Pools, api: Api) -> usize {
    (1..=100)
        .map_while(|task| match pools.admit(api, id(task)) {
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
    let mut pools = Pools::new(Permits::Shared(size(10)), NO_LIMIT);
    for (task, api) in (1..=10).zip(Api::ALL.into_iter().cycle()) {
        let _held = permit(pools.admit(api, id(task)));
    }
    for (task, api) in (11..).zip(Api::ALL) {
        assert_waits(pools.admit(api, id(task)));
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
    let request = permit(pools.admit(Api::Request, id(1)));
    let _upload = permit(pools.admit(Api::UploadFile, id(2)));
    let _upload = permit(pools.admit(Api::UploadFile, id(3)));
    assert_waits(pools.admit(Api::UploadFile, id(4)));
    assert_waits(pools.admit(Api::Request, id(5)));
    pools.give_back(request);
    assert_eq!(turn(&mut pools), Some(5));
    assert_eq!(turn(&mut pools), None);
}

#[test]
fn c2_a_turn_comes_only_with_a_permit() {
    let mut pools = Pools::new(Permits::Shared(NonZeroUsize::MIN), NO_LIMIT);
    let held = permit(pools.admit(Api::Request, id(1)));
    assert_waits(pools.admit(Api::Request, id(2)));
    assert_eq!(turn(&mut pools), None);
    pools.give_back(held);
    assert_eq!(turn(&mut pools), Some(2));
    assert_eq!(turn(&mut pools), None);
}

#[test]
fn c2_a_shared_pool_has_one_queue_for_all_apis() {
    let mut pools = Pools::new(Permits::Shared(NonZeroUsize::MIN), NO_LIMIT);
    let held = permit(pools.admit(Api::Request, id(1)));
    assert_waits(pools.admit(Api::DownloadFile, id(2)));
    assert_waits(pools.admit(Api::Request, id(3)));
    pools.give_back(held);
    assert_eq!(turn(&mut pools), Some(2));
}

#[test]
fn c2_who_waits_is_not_overtaken_by_who_comes_when_a_permit_is_free() {
    let mut pools = Pools::new(Permits::Shared(NonZeroUsize::MIN), NO_LIMIT);
    let held = permit(pools.admit(Api::Request, id(1)));
    assert_waits(pools.admit(Api::Request, id(2)));
    pools.give_back(held);
    assert_waits(pools.admit(Api::Request, id(3)));
    assert_eq!(turn(&mut pools), Some(2));
}

#[test]
fn c2_each_pools_queue_has_the_bound() {
    let permits = Permits::PerApi {
        request: size(1),
        upload_file: size(1),
        download_file: size(1),
    };
    let mut pools = Pools::new(permits, 1);
    let _held = [Api::Request, Api::UploadFile].map(|api| permit(pools.admit(api, id(9))));
    assert_waits(pools.admit(Api::Request, id(1)));
    assert_waits(pools.admit(Api::UploadFile, id(2)));
    let full = pools.admit(Api::UploadFile, id(3));
    assert!(matches!(full, Admitted::Full), "{full:?}");
}

#[test]
fn c2_who_left_the_queue_has_no_turn() {
    let mut pools = Pools::new(Permits::Shared(NonZeroUsize::MIN), NO_LIMIT);
    let held = permit(pools.admit(Api::Request, id(1)));
    assert_waits(pools.admit(Api::UploadFile, id(2)));
    assert_waits(pools.admit(Api::Request, id(3)));
    pools.leave_queue(Api::UploadFile, id(2));
    pools.give_back(held);
    assert_eq!(turn(&mut pools), Some(3));
}
