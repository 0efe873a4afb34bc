use std::sync::Arc;

use appnet_io::files::{DirectorySandbox, FileError};
use appnet_policy::{Policy, preset::FileLimits};

use super::Files;

fn files_with(change: impl FnOnce(&mut FileLimits)) -> (tempfile::TempDir, Files) {
    let data = tempfile::tempdir().unwrap();
    let mut limits = Policy::seed().files;
    change(&mut limits);
    let sandbox = DirectorySandbox::open(data.path(), limits).unwrap();
    (data, Files::new(Arc::new(sandbox)))
}

fn files_within(user_bytes: u64) -> (tempfile::TempDir, Files) {
    files_with(|limits| limits.user_bytes = user_bytes)
}

fn files() -> (tempfile::TempDir, Files) {
    files_within(1 << 20)
}

fn read(files: &Files, path: &str) -> Told<Vec<u8>> {
    told(files.read(path, 0, None))
}

const FULL: &str = "the maximum size of the file storage limit is exceeded";

/// What a program hears.
type Told<T> = Result<T, &'static str>;

fn told<T>(result: Result<T, FileError>) -> Told<T> {
    result.map_err(|error| super::told(&error).text)
}

#[test]
fn what_is_written_is_read_listed_renamed_and_removed() {
    let (_data, files) = files();
    files.mkdir("wxfile://usr/a/b/", true).unwrap();
    files.write("wxfile://usr/a/b/one", b"1").unwrap();
    files.append("wxfile://usr/a/b/one", b"2").unwrap();
    files
        .copy("wxfile://usr/a/b/one", "wxfile://usr/two")
        .unwrap();
    files
        .rename("wxfile://usr/a/b/one", "wxfile://usr/a/one")
        .unwrap();
    assert_eq!(read(&files, "wxfile://usr/a/one"), Ok(b"12".to_vec()));
    assert_eq!(
        files.readdir("wxfile://usr"),
        Ok(vec!["a".to_owned(), "two".to_owned()])
    );
    assert_eq!(
        told(files.rmdir("wxfile://usr/a", false)),
        Err("directory not empty")
    );
    assert_eq!(
        told(files.unlink("wxfile://usr/a")),
        Err("illegal operation on a directory")
    );
    assert_eq!(
        told(files.copy("wxfile://usr/two", "wxfile://usr/a")),
        Err("illegal operation on a directory")
    );
    files.rmdir("wxfile://usr/a", true).unwrap();
    files.unlink("wxfile://usr/two").unwrap();
    assert_eq!(files.readdir("wxfile://usr/"), Ok(vec![]));
}

#[test]
fn a_file_copied_or_moved_onto_itself_stays_as_it_is() {
    let (_data, files) = files();
    let file = "wxfile://usr/f";
    files.write(file, b"12").unwrap();
    files.copy(file, file).unwrap();
    files.rename(file, file).unwrap();
    assert_eq!(read(&files, file), Ok(b"12".to_vec()));
}

#[test]
fn a_part_of_a_file_is_read_from_where_it_starts_to_where_the_file_ends() {
    let (_data, files) = files();
    files.write("wxfile://usr/f", b"0123456789").unwrap();
    let part = |position, length| told(files.read("wxfile://usr/f", position, length));
    assert_eq!(part(2, Some(3)), Ok(b"234".to_vec()));
    assert_eq!(part(8, Some(100)), Ok(b"89".to_vec()));
    assert_eq!(part(10, None), Ok(vec![]));
    assert_eq!(part(11, None), Err("invalid argument"));
}

#[test]
fn f2_nothing_outside_can_be_named() {
    let (data, files) = files();
    std::fs::write(data.path().join("storage.json"), "secret").unwrap();
    for path in [
        "/etc/passwd",
        "wxfile://usr/../storage.json",
        "wxfile://usr/a/../../storage.json",
        "wxfile://usr//etc/passwd",
        "wxfile://usrx",
        "wxfile://tmp_1/../../storage.json",
        "usr/a",
        "",
        "wxfile://usr/..\\x",
    ] {
        assert_eq!(read(&files, path), Err("permission denied"), "{path}");
        assert_eq!(
            told(files.write(path, b"")),
            Err("permission denied"),
            "{path}"
        );
    }
}

#[cfg(unix)]
#[test]
fn f2_a_symbolic_link_out_of_it_does_not_open() {
    let (data, files) = files();
    std::fs::write(data.path().join("secret"), "s").unwrap();
    std::os::unix::fs::symlink("../secret", data.path().join("usr/link")).unwrap();
    std::os::unix::fs::symlink("/etc", data.path().join("usr/etc")).unwrap();
    for path in ["wxfile://usr/link", "wxfile://usr/etc/passwd"] {
        assert_eq!(read(&files, path), Err("permission denied"), "{path}");
        assert_eq!(
            told(files.append(path, b"x")),
            Err("permission denied"),
            "{path}"
        );
    }
}

#[test]
fn f3_a_temporary_file_is_read_and_moved_but_not_written() {
    let (data, files) = files();
    std::fs::write(data.path().join("tmp/tmp_1.png"), "image").unwrap();
    let temporary = "wxfile://tmp_1.png";
    assert_eq!(read(&files, temporary), Ok(b"image".to_vec()));
    assert_eq!(files.stat(temporary).unwrap().bytes, 5);
    for refused in [
        files.write(temporary, b""),
        files.append(temporary, b""),
        files.mkdir("wxfile://tmp_dir", true),
        files.rename(temporary, "wxfile://tmp_2"),
        files.copy(temporary, "wxfile://tmp_2"),
    ] {
        assert_eq!(told(refused), Err("permission denied"));
    }
    files.copy(temporary, "wxfile://usr/copy").unwrap();
    files.rename(temporary, "wxfile://usr/moved").unwrap();
    assert_eq!(read(&files, "wxfile://usr/moved"), Ok(b"image".to_vec()));
    assert_eq!(read(&files, temporary), Err("no such file or directory"));
    std::fs::write(data.path().join("tmp/tmp_2"), "").unwrap();
    files.unlink("wxfile://tmp_2").unwrap();
    assert!(!data.path().join("tmp/tmp_2").exists());
}

#[test]
fn f4_the_apps_files_stay_within_its_quota() {
    let (data, files) = files_within(10);
    let file = "wxfile://usr/f";
    files.write(file, b"12345678").unwrap();
    assert_eq!(told(files.append(file, b"901")), Err(FULL));
    assert_eq!(told(files.copy(file, "wxfile://usr/g")), Err(FULL));
    std::fs::write(data.path().join("tmp/tmp_1"), "123").unwrap();
    assert_eq!(
        told(files.rename("wxfile://tmp_1", "wxfile://usr/g")),
        Err(FULL)
    );
    // What is replaced makes room.
    files.write(file, b"1234567890").unwrap();
    files.rename("wxfile://tmp_1", file).unwrap();
    assert_eq!(read(&files, file), Ok(b"123".to_vec()));
}

#[test]
fn what_is_missing_says_so_and_the_folder_itself_stays() {
    let (_data, files) = files();
    let missing = "wxfile://usr/x";
    assert_eq!(read(&files, missing), Err("no such file or directory"));
    assert_eq!(
        told(files.append(missing, b"")),
        Err("no such file or directory")
    );
    assert_eq!(told(files.stat(missing)), Err("no such file or directory"));
    assert_eq!(
        told(files.rename(missing, "wxfile://usr/y")),
        Err("no such file or directory")
    );
    assert_eq!(
        told(files.write("wxfile://usr/no/x", b"")),
        Err("no such file or directory")
    );
    assert_eq!(
        told(files.rmdir("wxfile://usr", true)),
        Err("permission denied")
    );
    assert_eq!(
        told(files.rename("wxfile://usr", "wxfile://usr/x")),
        Err("permission denied")
    );
}

#[test]
fn i3_what_is_over_a_bound_is_told_in_words_that_programs_know() {
    let (_data, files) = files_with(|limits| (limits.entries, limits.path_depth) = (4, 3));
    let mkdir = |path: &str| told(files.mkdir(&format!("wxfile://usr/{path}"), true));
    assert_eq!(mkdir("a/b/c/d"), Err("file name too long"));
    assert_eq!(mkdir("a/b/c"), Ok(()));
    assert_eq!(mkdir("d"), Ok(()));
    assert_eq!(mkdir("e"), Err(FULL));
    assert_eq!(told(files.write("wxfile://usr/e", b"")), Err(FULL));
}
