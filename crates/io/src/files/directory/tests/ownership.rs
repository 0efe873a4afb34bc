//! Whose a directory is (I3).

use super::*;

fn open(directory: &Path) -> std::result::Result<DirectorySandbox, OpenError> {
    DirectorySandbox::open(directory, Policy::seed().files)
}

#[test]
fn i3_a_directory_with_other_things_in_it_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("tmp")).unwrap();
    fs::write(directory.path().join("tmp/precious"), "mine").unwrap();
    let error = open(directory.path()).unwrap_err();
    assert_eq!(error, OpenError::NotOurs(directory.path().to_owned()));
    let text = error.to_string();
    for part in [directory.path().to_str().unwrap(), MARKER, "new or empty"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(names(&directory, "."), ["tmp"]);
    assert_eq!(names(&directory, "tmp"), ["precious"]);
}

#[test]
fn i3_a_new_an_empty_and_a_marked_directory_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let (new, marked) = (
        directory.path().join("a/b"),
        directory.path().join("marked"),
    );
    drop(open(&new).unwrap());
    drop(open(&new).unwrap());
    fs::create_dir_all(marked.join("usr")).unwrap();
    fs::write(marked.join("usr/kept"), "1").unwrap();
    assert!(open(&marked).is_err());
    fs::write(marked.join(MARKER), "").unwrap(); // by a person, who says so
    let sandbox = open(&marked).unwrap();
    assert_eq!(content(&sandbox, &user("kept")).as_deref(), Ok("1"));
}

#[test]
fn i3_a_directory_that_cannot_be_one_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = open(&file).unwrap_err();
    assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
}

#[test]
fn i3_a_directory_has_one_sandbox_at_a_time() {
    let (directory, first) = roomy();
    let temporary = save(&first, &SaveTo::Temporary, b"still here").unwrap();
    let in_use = OpenError::InUse(directory.path().to_owned());
    assert_eq!(open(directory.path()).unwrap_err(), in_use);
    assert_eq!(content(&first, &temporary).as_deref(), Ok("still here"));
    let pending = begin(&first, "a");
    drop(first);
    assert_eq!(open(directory.path()).unwrap_err(), in_use);
    drop(pending);
    open(directory.path()).unwrap();
}
