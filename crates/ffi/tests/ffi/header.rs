//! The header that is checked in is what cbindgen makes of the code.

use std::{fs, path::Path};

#[test]
fn the_header_is_that_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut builder = cbindgen::Builder::new()
        .with_config(cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap());
    for source in ["fault.rs", "buffers.rs", "c_abi.rs"] {
        builder = builder.with_src(root.join("src").join(source));
    }
    let mut made = Vec::new();
    builder.generate().unwrap().write(&mut made);
    let made = String::from_utf8(made).unwrap();
    let header = root.join("include/appnet.h");
    if fs::read_to_string(&header).unwrap_or_default() != made {
        let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("appnet.h");
        fs::write(&fresh, made).unwrap();
        panic!(
            "{} is not that of the code: compare it with {} and copy that over it",
            header.display(),
            fresh.display()
        );
    }
}
