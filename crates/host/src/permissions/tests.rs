use std::fs;

use super::Permissions;
use crate::cli::AllowArgs;

fn world() -> (tempfile::TempDir, Permissions) {
    let world = tempfile::tempdir().unwrap();
    for folder in ["in/deep", "out", "other"] {
        fs::create_dir_all(world.path().join(folder)).unwrap();
    }
    fs::write(world.path().join("in/a.txt"), "a").unwrap();
    fs::write(world.path().join("out/secret.txt"), "secret").unwrap();
    let args = AllowArgs {
        allow_read: vec![world.path().join("other"), world.path().join("in")],
        allow_write: vec![world.path().join("in/deep")],
        allow_env: Some(vec!["PATH".to_owned()]),
    };
    let permissions = Permissions::of(&args).unwrap();
    (world, permissions)
}

#[test]
fn i4_files_of_an_allowed_folder_are_read_and_written() {
    let (world, allowed) = world();
    let path = |below: &str| world.path().join(below).display().to_string();
    assert_eq!(allowed.read_text(&path("in/a.txt")), Ok("a".to_owned()));
    assert_eq!(
        allowed.read_text(&path("in/deep/../a.txt")),
        Ok("a".to_owned())
    );
    assert_eq!(allowed.write_text(&path("in/deep/b.txt"), "b"), Ok(()));
    assert_eq!(
        allowed.read_text(&path("in/./deep/b.txt")),
        Ok("b".to_owned())
    );
    assert!(
        allowed
            .read_text(&path("in/none"))
            .unwrap_err()
            .starts_with("cannot read")
    );
}

#[test]
fn i4_what_no_flag_names_is_refused_with_the_flag() {
    let (world, allowed) = world();
    let path = |below: &str| world.path().join(below).display().to_string();
    for (refused, flag) in [
        (allowed.read_text(&path("out/secret.txt")), "--allow-read"),
        (
            allowed.read_text(&path("in/../out/secret.txt")),
            "--allow-read",
        ),
        (
            allowed.read_text(&path("in/deep/../../out/secret.txt")),
            "--allow-read",
        ),
        (allowed.read_text("/etc/shadow"), "--allow-read"),
        (
            allowed
                .write_text(&path("in/a.txt"), "")
                .map(|()| String::new()),
            "--allow-write",
        ),
        (
            allowed
                .write_text(&path("in/deep/../a.txt"), "")
                .map(|()| String::new()),
            "--allow-write",
        ),
        (
            Permissions::default().read_text(&path("in/a.txt")),
            "--allow-read=DIR",
        ),
    ] {
        let text = refused.unwrap_err();
        assert!(text.contains(flag), "{text}");
    }
    assert_eq!(
        fs::read_to_string(world.path().join("in/a.txt")).unwrap(),
        "a"
    );
}

#[cfg(unix)]
#[test]
fn i4_a_link_out_of_the_folder_is_refused() {
    use std::os::unix::fs::symlink;
    let (world, allowed) = world();
    symlink("../out/secret.txt", world.path().join("in/link")).unwrap();
    symlink(
        world.path().join("out"),
        world.path().join("in/deep/folder"),
    )
    .unwrap();
    let path = |below: &str| world.path().join(below).display().to_string();
    for refused in [
        allowed.read_text(&path("in/link")),
        allowed.read_text(&path("in/deep/folder/secret.txt")),
        allowed
            .write_text(&path("in/deep/folder/secret.txt"), "")
            .map(|()| String::new()),
    ] {
        let text = refused.unwrap_err();
        assert!(
            text.contains("leads out of the folder that --allow-"),
            "{text}"
        );
    }
    assert_eq!(
        fs::read_to_string(world.path().join("out/secret.txt")).unwrap(),
        "secret"
    );
}

#[test]
fn i4_variables_are_those_that_are_named() {
    let (_world, allowed) = world();
    assert!(allowed.variable("PATH").unwrap().is_some());
    assert!(
        allowed
            .variable("HOME")
            .unwrap_err()
            .contains("--allow-env=HOME")
    );
    let all = Permissions::of(&AllowArgs {
        allow_env: Some(Vec::new()),
        ..AllowArgs::default()
    })
    .unwrap();
    for odd in ["", "a=b", "NOT_SET_AT_ALL"] {
        assert_eq!(all.variable(odd), Ok(None), "{odd}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_refused_with_the_flag() {
    let args = AllowArgs {
        allow_write: vec!["nowhere/at/all".into()],
        ..AllowArgs::default()
    };
    let text = Permissions::of(&args).unwrap_err();
    assert!(text.starts_with("--allow-write=nowhere/at/all: "), "{text}");
}
