use proptest::prelude::*;

use super::*;
use crate::{
    connectivity::{Connectivity, NetworkType},
    shape::{Chance, Preset, Shape},
};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn shaper(text: &str) -> Shaper {
    Shaper::new(text.parse().unwrap(), 7)
}

fn there(fate: Fate) -> Duration {
    match fate {
        Fate::Passes { there, .. } => there,
        Fate::Reset => panic!("reset"),
    }
}

#[test]
fn without_a_shape_all_is_there_at_once() {
    let mut shaper = Shaper::new(Shape::default(), 0);
    assert_eq!(shaper.connect(), ms(0));
    assert_eq!(there(shaper.receive(1 << 20, ms(5), ms(0), false)), ms(5));
    assert_eq!(there(shaper.send(1 << 20, ms(5))), ms(5));
}

#[test]
fn the_speed_is_shared_by_all_and_the_latency_is_not_paid_by_each_piece_in_turn() {
    let mut shaper = shaper("latency=400,down=10k,up=5k");
    let pieces: Vec<_> = (0..3)
        .map(|_| there(shaper.receive(1_000, ms(0), ms(0), false)))
        .collect();
    assert_eq!(pieces, [ms(500), ms(600), ms(700)]);
    // Idle time is not saved up.
    assert_eq!(
        there(shaper.receive(1_000, ms(5_000), ms(0), false)),
        ms(5_500)
    );
    assert_eq!(there(shaper.send(1_000, ms(0))), ms(200), "and no latency");
    assert_eq!(there(shaper.send(1_000, ms(0))), ms(400));
}

#[test]
fn a_handshake_pays_the_latency_of_a_network_and_not_that_of_devtools() {
    let mut network = shaper("latency=400");
    assert_eq!(network.connect(), ms(400));
    assert_eq!(there(network.receive(100, ms(0), ms(0), true)), ms(400));
    let shape = Shape {
        paid: Paid::EachAnswer,
        ..*network.shape()
    };
    let mut devtools = Shaper::new(shape, 7);
    assert_eq!(devtools.connect(), ms(0));
    assert_eq!(there(devtools.receive(100, ms(0), ms(0), true)), ms(0));
    assert_eq!(there(devtools.receive(100, ms(0), ms(0), false)), ms(400));
}

#[test]
fn a_lost_segment_stalls_until_tcp_would_send_it_again() {
    let mut shaper = shaper("latency=100,loss=100");
    let fate = shaper.receive(2 * SEGMENT, ms(0), ms(0), false);
    let (sent, there) = (ms(0), ms(100) + 2 * ms(300));
    assert_eq!(
        fate,
        Fate::Passes {
            sent,
            there,
            lost: 2
        }
    );
}

#[test]
fn what_is_lost_and_reset_is_as_much_as_was_said() {
    let mut shaper = shaper("loss=2");
    let lost: u32 = (0..100_000)
        .map(|_| match shaper.receive(SEGMENT, ms(0), ms(0), false) {
            Fate::Passes { lost, .. } => lost,
            Fate::Reset => panic!("reset"),
        })
        .sum();
    assert!((1_800..2_200).contains(&lost), "{lost}");
    let mut shaper = super::tests::shaper("reset=1");
    let resets = (0..10_000)
        .filter(|_| shaper.send(SEGMENT, ms(0)) == Fate::Reset)
        .count();
    assert!((60..140).contains(&resets), "{resets}");
}

#[test]
fn a_slow_link_passes_small_pieces_and_a_fast_one_whole_records() {
    assert_eq!(shaper("down=1k").piece_down(), SEGMENT);
    assert_eq!(shaper("down=50k").piece_down(), 2_500);
    assert_eq!(shaper("down=99m").piece_down(), LARGEST_PIECE);
    assert_eq!(shaper("latency=1").piece_up(), LARGEST_PIECE);
}

#[test]
fn the_presets_are_those_of_devtools_and_a_bad_train() {
    let cellular = |latency, down, up, kind| Shape {
        latency: ms(latency),
        down: NonZeroU64::new(down),
        up: NonZeroU64::new(up),
        network_type: Some(kind),
        ..Shape::default()
    };
    let third = cellular(150, 180_000, 84_375, NetworkType::Cellular3G);
    let lossy = Shape {
        jitter: ms(100),
        loss: Chance::percent(2.0).unwrap(),
        network_type: None,
        ..third
    };
    assert_eq!(Preset::Type3G.shape(), third);
    assert_eq!(Preset::Lossy.shape(), lossy);
    assert_eq!(
        Preset::Type2G.shape(),
        cellular(300, 31_250, 6_250, NetworkType::Cellular2G)
    );
}

proptest! {
    /// Of one connection nothing overtakes, and nothing is there sooner than the latency and the speed allow.
    #[test]
    fn what_comes_over_a_weak_network_comes_in_order_and_not_too_soon(
        preset in 0..5_usize,
        seed in any::<u64>(),
        pieces in proptest::collection::vec((1..20_000_usize, 0..300_u64), 1..50),
    ) {
        let shape = Preset::ALL[preset].shape();
        let mut shaper = Shaper::new(shape, seed);
        let (mut now, mut earlier, mut bytes) = (Duration::ZERO, Duration::ZERO, 0);
        for (length, pause) in pieces {
            now += ms(pause);
            bytes += length as u64;
            let there = there(shaper.receive(length, now, earlier, false));
            let least = Duration::from_secs_f64(bytes as f64 / shape.down.unwrap().get() as f64);
            prop_assert!(there >= earlier && there >= now + shape.latency);
            prop_assert!(there + ms(1) >= least + shape.latency, "{:?} {:?}", there, least);
            earlier = there;
        }
    }
}

#[test]
fn an_app_is_told_the_network_that_its_shape_says_and_the_rest_is_the_devices() {
    let device = Connectivity {
        network_type: NetworkType::Wifi,
        signal_strength: Some(-50),
        weak: Some(false),
        ..Connectivity::default()
    };
    let told = |shape: Shape| shape.over(device);
    let expected = |network_type| Connectivity {
        network_type,
        weak: None,
        ..device
    };
    assert_eq!(told(Shape::default()), expected(NetworkType::Wifi));
    let cellular = Shape {
        network_type: Some(NetworkType::Cellular2G),
        ..Shape::default()
    };
    assert_eq!(told(cellular), expected(NetworkType::Cellular2G));
    let offline = Shape {
        offline: true,
        ..cellular
    };
    assert_eq!(told(offline), expected(NetworkType::None));
}
