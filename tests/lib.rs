//! Nothing to use: the tests are in `blackbox/`.
