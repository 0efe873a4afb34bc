//! See `appnet_policy::fuzz::url`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| appnet_policy::fuzz::url(data));
