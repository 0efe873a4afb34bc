//! See `appnet_io::fuzz::cookies`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| appnet_io::fuzz::cookies(data));
