use std::{fs, path::Path, sync::Arc};

use appnet_io::files::{DirectorySandbox, FileError};
use appnet_policy::{Policy, preset::FileLimits};
use tempfile::TempDir;

use super::{Storage, StorageError};

fn open_within(directory: &Path, limits: FileLimits) -> Storage {
    let sandbox = DirectorySandbox::open(directory, limits).unwrap();
    Storage::open(Arc::new(sandbox)).unwrap()
}

fn open(directory: &TempDir) -> Storage {
    open_within(directory.path(), Policy::seed().files)
}

fn fresh() -> (TempDir, Storage) {
    let directory = tempfile::tempdir().unwrap();
    let storage = open(&directory);
    (directory, storage)
}

fn small(change: impl FnOnce(&mut FileLimits)) -> (TempDir, Storage) {
    let mut limits = Policy::seed().files;
    change(&mut limits);
    let directory = tempfile::tempdir().unwrap();
    let storage = open_within(directory.path(), limits);
    (directory, storage)
}

/// Keys and bytes.
fn held(storage: &Storage) -> (Vec<String>, u64) {
    let info = storage.info();
    (info.keys, info.bytes)
}

/// The JSON text of a text, as it crosses.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[test]
fn any_key_and_value_of_javascript_is_there_after_a_new_start() {
    let (directory, mut storage) = fresh();
    let keys = [
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#""""#,
        r#""__proto__""#,
        r#""\u0000\"\\\n""#,
        "\"键🎈\u{7f}\u{2028}\"",
    ];
    for key in keys {
        storage
            .set(key, r#"["\ud800","\"",{"a":1}]"#.to_owned())
            .unwrap();
    }
    let before = storage.info();
    assert_eq!(before.keys.len(), keys.len());
    drop(storage);
    let mut storage = open(&directory);
    assert_eq!(storage.info(), before);
    for key in keys {
        assert_eq!(
            storage.get(key),
            Some(r#"["\ud800","\"",{"a":1}]"#),
            "{key}"
        );
        storage.remove(key).unwrap();
    }
    drop(storage);
    assert_eq!(held(&open(&directory)), (vec![], 0));
}

#[test]
fn a_key_that_a_person_wrote_in_another_spelling_is_the_same_key() {
    let (directory, storage) = fresh();
    drop(storage);
    fs::write(
        directory.path().join("storage.json"),
        r#" { "\u006b" : "[1]" } "#,
    )
    .unwrap();
    assert_eq!(open(&directory).get(r#""k""#), Some("[1]"));
}

#[test]
fn a_record_that_is_none_is_set_aside_and_the_storage_begins_empty() {
    let (directory, mut storage) = fresh();
    storage.set(r#""k""#, "1".to_owned()).unwrap();
    drop(storage);
    let broken = [
        "{\"k\":\"1",
        "[1]",
        "{\"k\":1}",
        "{\"k\":\"}\"}",
        "",
        "\u{0}",
    ];
    for (number, text) in broken.into_iter().enumerate() {
        fs::write(directory.path().join("storage.json"), text).unwrap();
        let mut storage = open(&directory);
        assert_eq!(held(&storage), (vec![], 0), "{text}");
        storage.set(r#""k""#, "2".to_owned()).unwrap();
        drop(storage);
        let suffix = if number == 0 {
            String::new()
        } else {
            format!("-{}", number + 1)
        };
        let aside = directory
            .path()
            .join(format!("storage.json.broken{suffix}"));
        assert_eq!(fs::read_to_string(aside).unwrap(), text);
        assert_eq!(open(&directory).get(r#""k""#), Some("2"));
    }
}

#[test]
fn i3_a_storage_has_the_bounds_of_the_platform_and_a_refused_change_changes_nothing() {
    let (directory, mut storage) = fresh();
    let megabyte = (1 << 20) - 2; // with its quotes
    let value = |length: usize| json(&"x".repeat(length));
    assert_eq!(
        storage.set(r#""""#, value(megabyte + 1)),
        Err(StorageError::EntryTooLarge)
    );
    let key = |number: usize| format!("\"{number}\"");
    for number in 0..10 {
        storage.set(&key(number), value(megabyte - 1)).unwrap();
    }
    let full = StorageError::TooLarge(10 << 20);
    assert_eq!(full.to_string(), "exceed storage max size 10Mb");
    assert_eq!(storage.set(r#""""#, "1".to_owned()), Err(full.clone()));
    storage.set(&key(3), value(1)).unwrap();
    storage.set(&key(11), value(megabyte - 100)).unwrap();
    let before = storage.info();
    assert_eq!(storage.set(&key(3), value(200)), Err(full));
    assert_eq!(storage.get(&key(3)), Some(&*value(1)));
    assert_eq!(storage.info(), before);
    drop(storage);
    assert_eq!(open(&directory).info(), before);
}

#[test]
fn i3_the_number_of_keys_is_bounded() {
    let (_directory, mut storage) = small(|limits| limits.entries = 3);
    for key in ["\"a\"", "\"b\"", "\"c\""] {
        storage.set(key, "1".to_owned()).unwrap();
    }
    assert_eq!(
        storage.set("\"d\"", "1".to_owned()),
        Err(StorageError::TooMany(3))
    );
    storage.set("\"a\"", "2".to_owned()).unwrap();
    assert_eq!(storage.info().keys.len(), 3);
}

#[test]
fn i3_a_storage_has_no_more_room_than_the_app_and_what_was_stored_stays() {
    let (directory, mut storage) = small(|limits| limits.user_bytes = 100);
    storage.set("\"k\"", json("kept")).unwrap();
    let over = Err(StorageError::File(FileError::OverQuota(100)));
    assert_eq!(storage.set("\"k\"", json(&"x".repeat(100))), over);
    assert_eq!(storage.set("\"l\"", json(&"x".repeat(100))), over);
    assert_eq!(storage.get("\"k\""), Some(&*json("kept")));
    drop(storage);
    let storage = open(&directory);
    assert_eq!(storage.get("\"k\""), Some(&*json("kept")));
    assert_eq!(storage.get("\"l\""), None);
}

#[test]
fn a_kill_before_the_new_record_has_its_name_costs_nothing() {
    let (directory, mut storage) = fresh();
    storage.set("\"k\"", json("old")).unwrap();
    drop(storage);
    fs::write(directory.path().join("part/0"), r#"{"k":"\"ne"#).unwrap();
    assert_eq!(open(&directory).get("\"k\""), Some(&*json("old")));
}

#[test]
fn what_is_no_json_is_refused_for_it_would_cost_the_whole_record() {
    let (_directory, mut storage) = fresh();
    for (key, value) in [
        ("k", "1"),
        ("\"k", "1"),
        ("1", "1"),
        ("\"k\"", "}"),
        ("\"k\"", ""),
    ] {
        let refused = storage.set(key, value.to_owned());
        assert_eq!(refused, Err(StorageError::NotJson), "{key} {value}");
    }
    assert_eq!(held(&storage), (vec![], 0));
}
