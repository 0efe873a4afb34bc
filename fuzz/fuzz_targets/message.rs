//! See `appnet_bus::fuzz::message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| appnet_bus::fuzz::message(data));
