//! The demo keeps its own promises.

use crate::run::Folder;

#[test]
#[cfg_attr(
    not(feature = "compiler"),
    ignore = "the demo is written in TypeScript: it needs the feature compiler"
)]
fn the_demo_ends_with_0_and_shows_what_it_says() {
    let run = Folder::new(&[]).appnet(&["demo"], "");
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    for part in [
        "nearest entry: https://api.demo.test",
        "request:fail timeout (5)",
        "request:fail interrupted (600003)",
        "upload   ████████████████████████████████████████ 100 %  16.0 of 16.0 MiB",
        "download ████████████████████████████████████████ 100 %  16.0 of 16.0 MiB",
        "第5个词🎈",
        "Bo hears text as text: 你好, Bo 🎈",
        "and the chat: close 1006, interrupted",
        "All ",
        "tls",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    assert!(
        !run.out.contains('\u{1b}'),
        "no colours and no moving bars where nobody sees them"
    );
}
