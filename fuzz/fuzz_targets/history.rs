//! See `appnet_core::fuzz::history`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| appnet_core::fuzz::history(data));
