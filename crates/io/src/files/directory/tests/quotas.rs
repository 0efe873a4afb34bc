//! Bytes and entries (F4, I3).

use super::*;

const OVER: Result<()> = Err(FileError::OverQuota(1000));

/// A sandbox with room for so many entries.
fn entries(entries: usize) -> (TempDir, DirectorySandbox) {
    sandbox(FileLimits {
        entries,
        ..Policy::seed().files
    })
}

#[test]
fn f4_files_that_are_there_count_with_those_that_come() {
    let (directory, first) = sandbox(limits(1000, 0));
    first.mkdir(&user("a/b"), true).unwrap();
    first.write(&user("a/b/c"), &[0; 600]).unwrap();
    drop(first);
    let sandbox = DirectorySandbox::open(directory.path(), limits(1000, 0)).unwrap();
    let save = |name, length| save(&sandbox, &SaveTo::User(user(name)), &vec![0; length]).map(drop);
    assert_eq!(save("x", 401), OVER);
    save("x", 400).unwrap();
    assert_eq!(save("y", 1), OVER);
    // One that is replaced makes room for its successor.
    save("x", 399).unwrap();
    save("y", 1).unwrap();
    sandbox.unlink(&user("a/b/c")).unwrap();
    save("y", 601).unwrap();
    assert_eq!(sandbox.append(&user("y"), b"1"), OVER);
}

#[test]
fn f4_files_that_come_at_once_share_the_quota() {
    let (_directory, sandbox) = sandbox(limits(1000, 0));
    let (mut one, mut other) = (begin(&sandbox, "one"), begin(&sandbox, "other"));
    one.announce(600).unwrap();
    assert_eq!(other.announce(401), OVER);
    other.write(&[0; 400]).unwrap();
    assert_eq!(other.write(&[0; 1]), OVER);
    one.write(&[0; 600]).unwrap();
    assert_eq!(one.write(&[0; 1]), OVER);
    drop(one);
    other.write(&[0; 600]).unwrap();
    other.seal(None).unwrap();
    other.keep().unwrap();
    assert_eq!(begin(&sandbox, "third").write(&[0; 1]), OVER);
}

#[test]
fn f4_temporary_files_have_a_quota_of_their_own() {
    let (_directory, sandbox) = sandbox(limits(0, 100));
    save(&sandbox, &SaveTo::Temporary, &[0; 100]).unwrap();
    let over = save(&sandbox, &SaveTo::Temporary, &[0; 1]);
    assert_eq!(over, Err(FileError::OverQuota(100)));
    sandbox.remove_temporaries();
    save(&sandbox, &SaveTo::Temporary, &[0; 100]).unwrap();
}

#[test]
fn i3_a_download_under_way_and_a_write_share_the_quota() {
    let (_directory, sandbox) = sandbox(limits(1000, 0));
    let mut download = begin(&sandbox, "download");
    download.announce(600).unwrap();
    assert_eq!(sandbox.write(&user("a"), &[0; 401]), OVER);
    sandbox.write(&user("a"), &[0; 200]).unwrap();
    assert_eq!(sandbox.append(&user("a"), &[0; 201]), OVER);
    sandbox.append(&user("a"), &[0; 100]).unwrap();
    assert_eq!(sandbox.copy(&user("a"), &user("b")), OVER);
    assert_eq!(sandbox.write_record(Record::Storage, &[0; 101]), OVER);
    drop(download);
    sandbox.copy(&user("a"), &user("b")).unwrap();
}

#[test]
fn i3_what_is_to_be_replaced_makes_room_only_while_it_is_there() {
    let (_directory, sandbox) = sandbox(limits(1000, 0));
    sandbox.write(&user("x"), &[0; 600]).unwrap();
    let mut successor = begin(&sandbox, "x");
    successor.write(&[0; 1000]).unwrap();
    // Its room was that of the old file, which stays under another name: both together would be 1,600 bytes.
    sandbox.rename(&user("x"), &user("y")).unwrap();
    successor.seal(None).unwrap();
    assert_eq!(successor.keep(), OVER);
    assert_eq!(sandbox.list(None), Ok(vec!["y".to_owned()]));
    // The same with a file that is gone, whose room another one takes.
    let mut successor = begin(&sandbox, "y");
    sandbox.unlink(&user("y")).unwrap();
    sandbox.write(&user("z"), &[0; 400]).unwrap();
    successor.write(&[0; 600]).unwrap();
    assert_eq!(successor.write(&[0; 1]), OVER);
}

#[test]
fn i3_a_temporary_file_that_is_kept_counts_where_it_goes() {
    let (_directory, sandbox) = sandbox(limits(1000, 700));
    let temporary = save(&sandbox, &SaveTo::Temporary, &[0; 700]).unwrap();
    sandbox.write(&user("a"), &[0; 301]).unwrap();
    assert_eq!(sandbox.rename(&temporary, &user("b")), OVER);
    sandbox.rename(&temporary, &user("a")).unwrap(); // in place of the 301
    assert_eq!(sandbox.write(&user("c"), &[0; 301]), OVER);
    save(&sandbox, &SaveTo::Temporary, &[0; 700]).unwrap();
}

#[test]
fn i3_the_number_of_entries_is_bounded_whatever_they_are() {
    let (directory, sandbox) = entries(5);
    let full = Err(FileError::TooManyEntries(5));
    sandbox.mkdir(&user("a/b"), true).unwrap();
    sandbox.write(&user("a/f"), b"").unwrap();
    sandbox.write_record(Record::Storage, b"{}").unwrap();
    let temporary = save(&sandbox, &SaveTo::Temporary, b"").unwrap();
    assert_eq!(sandbox.mkdir(&user("c"), false), full);
    assert_eq!(sandbox.write(&user("c"), b""), full);
    assert_eq!(sandbox.copy(&user("a/f"), &user("c")), full);
    assert_eq!(save(&sandbox, &SaveTo::Temporary, b"").map(drop), full);
    assert_eq!(sandbox.mkdir(&user("a"), false), Err(FileError::Exists));
    sandbox.mkdir(&user("a/b"), true).unwrap();
    // What takes the place of another is no entry more.
    sandbox.write(&user("a/f"), b"new").unwrap();
    sandbox.write_record(Record::Storage, b"[]").unwrap();
    sandbox.rename(&temporary, &user("t")).unwrap();
    // Each way to remove gives its entries back, and no more than those.
    sandbox.unlink(&user("t")).unwrap();
    sandbox.rmdir(&user("a"), true).unwrap();
    for name in ["1", "2", "3", "4"] {
        sandbox.mkdir(&user(name), false).unwrap();
    }
    assert_eq!(sandbox.mkdir(&user("5"), false), full);
    sandbox.rmdir(&user("4"), false).unwrap();
    sandbox.rename(&user("3"), &user("2")).unwrap(); // in place of the empty one
    drop(sandbox);
    let sandbox = DirectorySandbox::open(
        directory.path(),
        FileLimits {
            entries: 5,
            ..Policy::seed().files
        },
    );
    let sandbox = sandbox.unwrap(); // 1, 2 and the record
    sandbox.mkdir(&user("x/y"), true).unwrap();
    assert_eq!(sandbox.mkdir(&user("z"), false), full);
}

#[test]
fn a_write_that_fails_takes_no_room() {
    let (_directory, sandbox) = sandbox(limits(1000, 1000));
    let missing = Err(FileError::Missing);
    for _ in 0..3 {
        assert_eq!(sandbox.write(&user("no/f"), &[0; 600]), missing);
        assert_eq!(sandbox.append(&user("no"), &[0; 600]), missing);
        assert_eq!(sandbox.copy(&user("no"), &user("f")), missing);
        assert_eq!(sandbox.mkdir(&user("no/d"), false), missing);
        assert_eq!(sandbox.rename(&user("no"), &user("f")), missing);
    }
    sandbox.write(&user("f"), &[0; 1000]).unwrap();
}
