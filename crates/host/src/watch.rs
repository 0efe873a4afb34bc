//! `--watch`: the program runs again when a file of its project changes.
//!
//! Each run is a process of its own, so that nothing of one is in the next: this one looks at the files and starts the others.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs, io,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant, SystemTime},
};

use appnet_platform::Project;

use crate::{
    cli::RunArgs,
    ending::{Ending, error_line},
    stop::Stop,
};

/// How often the files are looked at. A thousand files take some milliseconds (docs/dependencies.md).
const PERIOD: Duration = Duration::from_millis(250);

/// How long a program has for its end before it is cut off; it needs less than a second (`stop`).
const PATIENCE: Duration = Duration::from_millis(1500);

/// How many files and folders are looked at (I2).
const MOST: usize = 20_000;

/// Files that a program is made of.
const KINDS: [&str; 8] = ["cjs", "js", "json", "mjs", "pem", "ts", "wxml", "wxs"];

/// When each file was changed, and its length.
type Files = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Runs it again and again, until a signal comes.
///
/// # Errors
/// A text that says what the system refuses.
pub(crate) fn watch(args: &RunArgs) -> Result<Ending, String> {
    let stop = Stop::watch(None).map_err(|error| format!("cannot watch for signals: {error}"))?;
    let watched = Watched::of(args);
    let mut files = watched.files();
    loop {
        let mut child = start().map_err(|error| format!("--watch: cannot start: {error}"))?;
        let mut running = true;
        let changed = loop {
            if let Some(why) = stop.why() {
                end(&mut child);
                return Ok(why);
            }
            if running && let Ok(Some(status)) = child.try_wait() {
                running = false;
                let code = status.code().unwrap_or(-1);
                error_line(&format!(
                    "--watch: the program has ended with status {code}. Waiting for a change"
                ));
            }
            let now = watched.files();
            if let Some(path) = difference(&files, &now) {
                files = now;
                break path;
            }
            thread::sleep(PERIOD);
        };
        end(&mut child);
        error_line(&format!("--watch: {} has changed", changed.display()));
    }
}

/// The same command without `--watch`.
fn start() -> io::Result<Child> {
    let mut own = true;
    let args = env::args_os().skip(1).filter(|arg| {
        own &= arg != "--"; // what follows is the program's
        !(own && arg == "--watch")
    });
    Command::new(env::current_exe()?).args(args).spawn()
}

/// Lets it end by itself first: it removes its temporary folder and writes its files.
fn end(child: &mut Child) {
    if !matches!(child.try_wait(), Ok(None)) {
        return; // its number may be another's by now
    }
    terminate(child);
    let over = Instant::now() + PATIENCE;
    while Instant::now() < over {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    drop(child.kill());
    drop(child.wait());
}

#[cfg(unix)]
fn terminate(child: &mut Child) {
    use nix::{
        sys::signal::{Signal, kill},
        unistd::Pid,
    };
    if let Ok(id) = i32::try_from(child.id()) {
        kill(Pid::from_raw(id), Signal::SIGTERM).ok();
    }
}

#[cfg(not(unix))]
fn terminate(child: &mut Child) {
    drop(child.kill());
}

/// What is looked at.
struct Watched {
    roots: Vec<PathBuf>,
    /// What a run itself writes: it would run for ever.
    written: BTreeSet<PathBuf>,
}

impl Watched {
    fn of(args: &RunArgs) -> Self {
        let mut roots = vec![Project::folder_of(&args.program).to_owned()];
        roots.extend(args.app.domains.clone());
        roots.extend(args.screen.fixture.clone());
        roots.extend(args.network.way.ca.iter().cloned());
        let written = args
            .allow
            .allow_write
            .iter()
            .chain(&args.host.har)
            .chain(&args.host.data_dir)
            .chain(&args.record.record)
            .chain(&args.record.replay_or_record);
        Self {
            roots,
            written: written.map(|path| whole(path)).collect(),
        }
    }

    fn files(&self) -> Files {
        let mut files = Files::new();
        let mut folders = Vec::new();
        for root in &self.roots {
            self.look(root.clone(), &mut files, &mut folders);
        }
        let mut seen = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                seen += 1;
                if seen > MOST {
                    return files;
                }
                let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                // A link to a folder above would be a circle.
                let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                let is_circle = link && entry.path().is_dir();
                if !hidden && !is_circle {
                    self.look(entry.path(), &mut files, &mut folders);
                }
            }
        }
        files
    }

    fn look(&self, path: PathBuf, files: &mut Files, folders: &mut Vec<PathBuf>) {
        let Ok(found) = fs::metadata(&path) else {
            return;
        };
        if !self.written.is_empty() && self.written.contains(&whole(&path)) {
            return;
        }
        if found.is_dir() {
            folders.push(path);
        } else if is_of_a_program(&path) {
            files.insert(path, (found.modified().ok(), found.len()));
        }
    }
}

fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.components().collect())
}

fn is_of_a_program(path: &Path) -> bool {
    let kind = path.extension().and_then(|kind| kind.to_str());
    kind.is_some_and(|kind| KINDS.contains(&kind))
}

/// One that was changed, made or removed.
fn difference(before: &Files, now: &Files) -> Option<PathBuf> {
    let changed = now.iter().find(|(path, it)| before.get(*path) != Some(*it));
    let removed = || before.iter().find(|(path, _)| !now.contains_key(*path));
    changed.or_else(removed).map(|(path, _)| path.clone())
}
