use std::time::Duration;

use appnet_policy::{
    exchange::{Header, HttpVersion},
    failure::Bound,
    preset::ResponseLimits,
};

use super::*;
use crate::decode::Sink as _;

fn head(fields: &[(&str, &str)]) -> ResponseHead {
    let headers = fields.iter().map(|&(name, value)| Header {
        name: name.to_owned(),
        value: value.to_owned(),
    });
    ResponseHead {
        status: 200,
        version: HttpVersion::Http1,
        headers: headers.collect(),
    }
}

fn limits() -> ResponseLimits {
    Policy::seed().limits
}

/// What becomes of these pieces.
async fn kept(head: &ResponseHead, account: &Account, pieces: &[Bytes]) -> Bytes {
    let mut listener = ();
    let mut whole = Whole::new(head, &limits(), account, &mut listener);
    let mut slice = Slice::new(Duration::ZERO.into());
    for piece in pieces {
        whole.take(piece.clone(), &mut slice).await.unwrap();
    }
    whole.into_bytes().await
}

#[tokio::test]
async fn i1_a_body_in_one_piece_is_not_copied() {
    let account = Account::new(1 << 20);
    let piece = Bytes::from(vec![7; 10_000]);
    let body = kept(&head(&[]), &account, std::slice::from_ref(&piece)).await;
    assert_eq!(body.as_ptr(), piece.as_ptr());
    // A short one would keep the whole buffer alive that it was read into.
    let body = kept(&head(&[]), &account, &[piece.slice(..10)]).await;
    assert_ne!(body.as_ptr(), piece.as_ptr());
}

#[tokio::test]
async fn pieces_are_joined_whatever_the_server_said_of_the_length() {
    let data: Vec<u8> = (0..=u8::MAX).cycle().take(2_000_000).collect();
    for length in ["", "2000000", "10", "3000000", "99999999999999"] {
        for size in [999, 70_000, 1_500_000] {
            let pieces: Vec<_> = data.chunks(size).map(Bytes::copy_from_slice).collect();
            let head = head(&[("content-length", length)]);
            let account = Account::new(1 << 20);
            let body = kept(&head, &account, &pieces).await;
            assert!(body == data, "{length:?} in pieces of {size}");
            assert!(account.untaken() >= data.len());
            drop(body);
            assert_eq!(account.untaken(), 0);
        }
    }
}

#[tokio::test]
async fn i2_an_empty_body_costs_something_and_so_does_a_head() {
    let account = Account::new(1 << 20);
    let empty = kept(&head(&[]), &account, &[]).await;
    let cost = account.untaken();
    assert!(empty.is_empty() && cost > 0);
    let value = "x".repeat(5000);
    let _second = kept(&head(&[("a", &value)]), &account, &[]).await;
    assert!(account.untaken() >= 2 * cost + 5000);
}

#[test]
fn p6_the_reason_says_which_bound_and_what_it_is() {
    let limits = ResponseLimits {
        body_bytes: 1000,
        ..limits()
    };
    let mut listener = ();
    let whole = Whole::new(&head(&[]), &limits, &Account::new(1), &mut listener);
    assert_eq!(whole.check(1000), Ok(()));
    let over = whole.check(1001).unwrap_err();
    assert_eq!(
        over,
        ExchangeError::BodyTooLarge {
            bound: Bound::Body,
            limit: 1000
        }
    );
    assert!(over.to_string().contains("Body of 1000"), "{over}");
}
