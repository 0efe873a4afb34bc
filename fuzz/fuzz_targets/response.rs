//! See `appnet_io::fuzz::response`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| appnet_io::fuzz::response(data));
