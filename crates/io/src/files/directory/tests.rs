use std::{fs, io::Read as _};

use appnet_policy::Policy;
use tempfile::TempDir;

use super::*;

mod many_at_once;
mod operations;
mod ownership;
mod quotas;
mod records;

fn limits(user_bytes: u64, temporary_bytes: u64) -> FileLimits {
    FileLimits {
        user_bytes,
        temporary_bytes,
        ..Policy::seed().files
    }
}

fn sandbox(limits: FileLimits) -> (TempDir, DirectorySandbox) {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = DirectorySandbox::open(directory.path(), limits).unwrap();
    (directory, sandbox)
}

fn roomy() -> (TempDir, DirectorySandbox) {
    sandbox(Policy::seed().files)
}

fn user(path: &str) -> FileName {
    FileName::User(path.split('/').map(str::to_owned).collect())
}

fn begin(sandbox: &DirectorySandbox, path: &str) -> Box<dyn PendingFile> {
    sandbox.create(&SaveTo::User(user(path))).unwrap()
}

fn save(sandbox: &DirectorySandbox, to: &SaveTo, content: &[u8]) -> Result<FileName> {
    let mut file = sandbox.create(to)?;
    file.write(content)?;
    let name = file.seal(Some("txt"))?;
    file.keep()?;
    Ok(name)
}

fn content(sandbox: &DirectorySandbox, name: &FileName) -> Result<String> {
    let mut text = String::new();
    sandbox.open(name)?.content.read_to_string(&mut text)?;
    Ok(text)
}

fn names(directory: &TempDir, place: &str) -> Vec<String> {
    let entries = fs::read_dir(directory.path().join(place)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn f3_a_kept_file_has_its_name_and_content() {
    let (directory, sandbox) = roomy();
    for to in [
        SaveTo::Temporary,
        SaveTo::User(user("a")),
        SaveTo::User(user("a")),
    ] {
        let name = save(&sandbox, &to, b"content").unwrap();
        assert_eq!(content(&sandbox, &name).as_deref(), Ok("content"));
    }
    assert_eq!(names(&directory, "usr"), ["a"]);
    assert_eq!(names(&directory, "part"), [""; 0]);
}

#[test]
fn f3_a_file_that_is_dropped_at_any_point_is_gone() {
    let (directory, sandbox) = roomy();
    fs::write(directory.path().join("usr/a"), "old").unwrap();
    let drop_after = |steps: usize| {
        let mut file = begin(&sandbox, "a");
        if steps > 0 {
            file.write(b"new").unwrap();
        }
        if steps > 1 {
            file.seal(None).unwrap();
        }
        assert_eq!(names(&directory, "part").len(), 1);
    };
    for steps in 0..3 {
        drop_after(steps);
        assert_eq!(names(&directory, "part"), [""; 0]);
        assert_eq!(content(&sandbox, &user("a")).as_deref(), Ok("old"));
    }
}

#[test]
fn f3_a_file_is_not_kept_before_it_is_sealed_nor_written_after() {
    let (directory, sandbox) = roomy();
    let file = sandbox.create(&SaveTo::Temporary).unwrap();
    assert!(matches!(file.keep(), Err(FileError::Failed(_))));
    let mut file = sandbox.create(&SaveTo::Temporary).unwrap();
    file.seal(None).unwrap();
    assert!(matches!(file.write(b"x"), Err(FileError::Failed(_))));
    drop(file);
    assert_eq!(
        (names(&directory, "tmp"), names(&directory, "part")),
        (vec![], vec![])
    );
}

#[test]
fn f2_a_temporary_name_says_the_type_and_cannot_be_guessed() {
    let (_directory, sandbox) = roomy();
    let mut chosen = Vec::new();
    for _ in 0..50 {
        let FileName::Temporary(name) = save(&sandbox, &SaveTo::Temporary, b"").unwrap() else {
            panic!("not temporary")
        };
        assert!(name.starts_with("tmp_") && name.ends_with(".txt") && name.len() == 4 + 32 + 4);
        chosen.push(name);
    }
    chosen.sort();
    chosen.dedup();
    assert_eq!(chosen.len(), 50);
}

#[test]
fn what_a_crashed_host_left_is_removed_at_the_next_start_and_the_apps_own_files_stay() {
    let (directory, first) = roomy();
    save(&first, &SaveTo::User(user("mine")), b"").unwrap();
    save(&first, &SaveTo::Temporary, b"").unwrap();
    drop(first);
    fs::write(directory.path().join("part/0"), "half").unwrap();
    fs::create_dir_all(directory.path().join("tmp/a/b")).unwrap();
    fs::create_dir_all(directory.path().join("part/c/d")).unwrap();
    let second = DirectorySandbox::open(directory.path(), Policy::seed().files).unwrap();
    assert_eq!(names(&directory, "usr"), ["mine"]);
    assert_eq!(
        (names(&directory, "tmp"), names(&directory, "part")),
        (vec![], vec![])
    );
    assert_eq!(content(&second, &user("mine")).as_deref(), Ok(""));
}

#[test]
fn b7_temporary_files_are_removed_when_the_app_is_closed() {
    let (directory, sandbox) = roomy();
    save(&sandbox, &SaveTo::User(user("mine")), b"").unwrap();
    let gone = save(&sandbox, &SaveTo::Temporary, b"").unwrap();
    save(&sandbox, &SaveTo::Temporary, b"").unwrap();
    sandbox.unlink(&gone).unwrap(); // by the app itself
    sandbox.remove_temporaries();
    assert_eq!(names(&directory, "tmp"), [""; 0]);
    assert_eq!(names(&directory, "usr"), ["mine"]);
}

#[test]
fn b7_a_file_that_is_still_pending_is_waited_for() {
    let (directory, sandbox) = roomy();
    let pending = sandbox.create(&SaveTo::Temporary).unwrap();
    std::thread::scope(|threads| {
        let closing = threads.spawn(|| {
            sandbox.remove_temporaries();
            names(&directory, "part").len()
        });
        drop(pending);
        assert_eq!(closing.join().unwrap(), 0);
    });
}

#[test]
fn f2_names_that_are_no_files_are_refused_by_their_kind() {
    let (directory, sandbox) = roomy();
    fs::create_dir(directory.path().join("usr/directory")).unwrap();
    fs::write(directory.path().join("usr/file"), "").unwrap();
    fs::write(directory.path().join("secret"), "").unwrap();
    let denied = |name: &FileName| {
        let error = content(&sandbox, name).unwrap_err();
        matches!(error, FileError::Denied(_) | FileError::Invalid(_))
    };
    assert_eq!(content(&sandbox, &user("none")), Err(FileError::Missing));
    assert_eq!(
        content(&sandbox, &user("none/none")),
        Err(FileError::Missing)
    );
    assert_eq!(
        content(&sandbox, &user("directory")),
        Err(FileError::IsDirectory)
    );
    assert_eq!(
        content(&sandbox, &user("file/below")),
        Err(FileError::NotDirectory)
    );
    // Names that the policy does not make, should they ever come.
    let outside = directory.path().join("secret");
    assert!(denied(&user("../secret")) && denied(&FileName::Temporary("../secret".to_owned())));
    assert!(denied(&FileName::Temporary(
        outside.to_str().unwrap().to_owned()
    )));
    assert!(denied(&FileName::User(vec![
        outside.to_str().unwrap().to_owned()
    ])));
    assert!(denied(&user("nul\0")) && denied(&user(&"x".repeat(4000))));
    let into = |name| sandbox.create(&SaveTo::User(name)).err();
    assert!(matches!(
        into(user("../secret")),
        Some(FileError::Denied(_))
    ));
    assert!(matches!(
        into(FileName::Temporary("tmp_1".to_owned())),
        Some(FileError::Denied(_))
    ));
    assert_eq!(fs::read(outside).unwrap(), b"");
}
