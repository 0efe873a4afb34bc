//! What the host keeps of an app.

use super::*;

#[test]
fn a_record_is_read_as_it_was_written_and_outlives_the_sandbox() {
    let (directory, sandbox) = roomy();
    assert_eq!(sandbox.read_record(Record::Storage), Ok(None));
    for text in ["one", "another"] {
        sandbox
            .write_record(Record::Storage, text.as_bytes())
            .unwrap();
    }
    drop(sandbox);
    let sandbox = DirectorySandbox::open(directory.path(), Policy::seed().files).unwrap();
    let read = sandbox.read_record(Record::Storage).unwrap();
    assert_eq!(read.as_deref(), Some(&b"another"[..]));
    assert_eq!(names(&directory, "part"), [""; 0]);
}

#[test]
fn i3_records_and_files_share_a_quota_also_after_a_new_start() {
    let (directory, sandbox) = sandbox(limits(1000, 0));
    sandbox.write_record(Record::Storage, &[0; 600]).unwrap();
    let over = Err(FileError::OverQuota(1000));
    assert_eq!(sandbox.write(&user("a"), &[0; 401]), over);
    assert_eq!(sandbox.write_record(Record::Storage, &[0; 1001]), over);
    // The new record takes the place of the old one.
    sandbox.write_record(Record::Storage, &[1; 1000]).unwrap();
    sandbox.write_record(Record::Storage, &[2; 700]).unwrap();
    drop(sandbox);
    let sandbox = DirectorySandbox::open(directory.path(), limits(1000, 0)).unwrap();
    assert_eq!(sandbox.write(&user("a"), &[0; 301]), over);
    sandbox.write(&user("a"), &[0; 300]).unwrap();
    assert_eq!(sandbox.write_record(Record::Storage, &[3; 701]), over);
    let read = sandbox.read_record(Record::Storage).unwrap();
    assert_eq!(read, Some(vec![2; 700]));
}

#[test]
fn a_record_set_aside_is_found_under_another_name_and_replaces_none() {
    let (directory, sandbox) = roomy();
    let mut set_aside = Vec::new();
    for number in 0..10 {
        let text = number.to_string();
        sandbox
            .write_record(Record::Storage, text.as_bytes())
            .unwrap();
        let name = sandbox.set_record_aside(Record::Storage).unwrap();
        assert_eq!(
            fs::read_to_string(directory.path().join(&name)).unwrap(),
            text
        );
        set_aside.push(name);
    }
    assert_eq!(
        set_aside[..2],
        ["storage.json.broken", "storage.json.broken-2"]
    );
    sandbox.write_record(Record::Storage, b"10").unwrap();
    let full = sandbox.set_record_aside(Record::Storage);
    assert_eq!(full, Err(FileError::Exists));
    assert_eq!(
        sandbox.read_record(Record::Storage),
        Ok(Some(b"10".to_vec()))
    );
}
