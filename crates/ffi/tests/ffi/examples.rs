//! The examples in other languages, built and run: C always, the others where the machine has them.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::world::{ENDED_BY_A_CLOSE, World};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Where cargo has put the dynamic library: beside the test.
fn library_folder() -> PathBuf {
    let test = env::current_exe().unwrap();
    let name = format!(
        "{}appnet_ffi{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    );
    let folder = test.ancestors().skip(1).take(2);
    let mut folder = folder.filter(|folder| folder.join(&name).is_file());
    folder
        .next()
        .expect("cargo builds it with the test")
        .to_owned()
}

fn run(program: impl AsRef<OsStr>, arguments: &[&OsStr]) -> Output {
    let library = library_folder();
    let output = Command::new(program.as_ref())
        .args(arguments)
        .env("LD_LIBRARY_PATH", &library)
        .env("DYLD_LIBRARY_PATH", &library)
        .env("APPNET_LIBRARY", &library)
        .output();
    output.unwrap_or_else(|error| panic!("{}: {error}", program.as_ref().display()))
}

/// Runs an example against an origin: `PORT CA_FILE DATA_FOLDER` follow what is given.
fn against_an_origin(program: &OsStr, first: &[&OsStr]) -> String {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, world.ca.pem()).unwrap();
    let port = world.origin.port().to_string();
    let data = folder.path().join("data");
    let rest = [port.as_ref(), ca.as_os_str(), data.as_os_str()];
    let output = run(program, &[first, &rest].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    assert_eq!(
        std::fs::metadata(data.join("wx2/usr/a.bin")).unwrap().len(),
        1000
    );
    text(&output.stdout)
}

/// What every example prints at the end.
fn assert_whole(printed: &str) {
    for line in [
        "refused: ",
        "heard: {\"type\":\"success\",\"task\":1",
        "calls on record: 8",
    ] {
        assert!(printed.contains(line), "{line} is not in:\n{printed}");
    }
    let closed = printed
        .lines()
        .find_map(|line| line.strip_prefix("closed: "));
    assert!(ENDED_BY_A_CLOSE.contains(&closed.unwrap()), "{printed}");
}

#[cfg(unix)]
#[test]
fn the_c_example_runs() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("three_apps");
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let source = examples().join("c/three_apps.c");
    let library = library_folder();
    let arguments: [&OsStr; 12] = [
        "-std=c11".as_ref(),
        "-Wall".as_ref(),
        "-Werror".as_ref(),
        "-I".as_ref(),
        include.as_ref(),
        source.as_ref(),
        "-L".as_ref(),
        library.as_ref(),
        "-lappnet_ffi".as_ref(),
        "-lpthread".as_ref(),
        "-o".as_ref(),
        program.as_ref(),
    ];
    let compiled = run(env::var_os("CC").unwrap_or("cc".into()), &arguments);
    assert!(
        compiled.status.success(),
        "{}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    assert_whole(&against_an_origin(program.as_ref(), &[]));
}

#[cfg(unix)]
#[test]
fn the_python_example_runs_where_there_is_python() {
    let python = OsStr::new("python3");
    if Command::new(python).arg("--version").output().is_err() {
        eprintln_skipped("python3");
        return;
    }
    let script = examples().join("python/three_apps.py");
    assert_whole(&against_an_origin(python, &[script.as_ref()]));
}

/// koffi is a package of npm: `.ci/bindings` installs it and says where the example is that has it.
#[test]
fn the_node_example_runs_where_koffi_is() {
    let Some(folder) = env::var_os("APPNET_NODE_EXAMPLE") else {
        eprintln_skipped("APPNET_NODE_EXAMPLE, which .ci/bindings sets,");
        return;
    };
    let script = Path::new(&folder).join("three_apps.mjs");
    let printed = against_an_origin("node".as_ref(), &[script.as_ref()]);
    assert!(printed.contains("closed: "), "{printed}");
}

/// The test's output is shown with `--nocapture`.
#[expect(clippy::print_stderr, reason = "what was not tried is said")]
fn eprintln_skipped(what: &str) {
    eprintln!("SKIPPED: no {what} on this machine");
}
