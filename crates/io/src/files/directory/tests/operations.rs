//! The operations of an app on its files. What the binary's file manager says of them is tested there.

use super::*;

#[test]
fn f3_a_file_that_is_written_is_whole_or_the_old_one() {
    let (directory, sandbox) = sandbox(limits(10, 0));
    sandbox.write(&user("a"), b"old").unwrap();
    assert_eq!(
        sandbox.write(&user("a"), &[0; 11]),
        Err(FileError::OverQuota(10))
    );
    assert_eq!(content(&sandbox, &user("a")).as_deref(), Ok("old"));
    assert_eq!(names(&directory, "part"), [""; 0]);
}

#[test]
fn i3_a_path_has_a_bounded_depth_however_it_comes_about() {
    let depth = Policy::seed().files.path_depth;
    let (_directory, sandbox) = roomy();
    let too_deep = Err(FileError::TooDeep(depth));
    let path = |parts: usize| user(&vec!["d"; parts].join("/"));
    assert_eq!(sandbox.mkdir(&path(depth + 1), true), too_deep);
    assert_eq!(sandbox.list(None), Ok(vec![]));
    sandbox.mkdir(&path(depth), true).unwrap();
    assert_eq!(sandbox.write(&path(depth + 1), b""), too_deep);
    let into = sandbox.create(&SaveTo::User(path(depth + 1))).err();
    assert_eq!(into, Some(FileError::TooDeep(depth)));
    // What is moved takes all below it along.
    sandbox.mkdir(&user("e/f"), true).unwrap();
    assert_eq!(sandbox.rename(&path(1), &user("e/f/d")), too_deep);
    sandbox.rename(&path(2), &user("e/f")).unwrap();
    sandbox.rmdir(&user("e"), true).unwrap();
    assert_eq!(sandbox.list(None), Ok(vec!["d".to_owned()]));
}

#[test]
fn a_directory_nested_deeper_than_a_process_may_open_is_counted_and_removed() {
    let (directory, first) = roomy();
    drop(first);
    let mut deep = directory.path().join("usr/d");
    deep.extend(vec!["d"; 1500]);
    fs::create_dir_all(&deep).unwrap(); // by somebody outside
    fs::write(deep.join("f"), [0; 10]).unwrap();
    let sandbox = DirectorySandbox::open(directory.path(), limits(10, 0)).unwrap();
    let over = Err(FileError::OverQuota(10));
    assert_eq!(sandbox.write(&user("a"), b"1"), over);
    sandbox.rmdir(&user("d"), true).unwrap();
    sandbox.write(&user("a"), &[0; 10]).unwrap();
    assert_eq!(names(&directory, "part"), [""; 0]);
}

#[test]
fn an_append_that_a_download_overtakes_is_gone_with_the_file() {
    let (_directory, sandbox) = sandbox(limits(100, 0));
    let name = user("a");
    sandbox.write(&name, &[0; 10]).unwrap();
    let places = &sandbox.places;
    places.begin_append(&name, "a".into()).unwrap();
    save(&sandbox, &SaveTo::User(name.clone()), &[0; 30]).unwrap();
    assert!(places.end_append(), "it was replaced");
    // 30 bytes are counted: the 10 are gone.
    sandbox.append(&name, &[0; 70]).unwrap();
    assert_eq!(sandbox.append(&name, b"1"), Err(FileError::OverQuota(100)));
    assert_eq!(sandbox.stat(Some(&name)).unwrap().bytes, 100);
}
