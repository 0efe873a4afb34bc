//! Sockets: from `success` to `close` (section 8). The seed's limit is five, its `close_wait` 5 s and its `end_wait` 1 s.

mod asks;
mod closing;
mod ends;
mod opening;
