//! Many threads on one sandbox: the books agree with the disk, and no quota is passed (I3).

use std::{sync::Barrier, thread};

use super::*;

const QUOTA: u64 = 10_000;
const ENTRIES: usize = 12;
const THREADS: u64 = 6;
const STEPS: u64 = 150;

fn tight() -> FileLimits {
    FileLimits {
        entries: ENTRIES,
        ..limits(QUOTA, QUOTA)
    }
}

/// What is on the disk: bytes and entries of the user directory.
fn on_disk(directory: &TempDir) -> (u64, usize) {
    let mut found = (0, 0);
    let mut directories = vec![directory.path().join("usr")];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            found.1 += 1;
            match entry.metadata().unwrap() {
                meta if meta.is_dir() => directories.push(entry.path()),
                meta => found.0 += meta.len(),
            }
        }
    }
    found
}

/// One of everything that takes room or gives it back; that it fails for want of it, or because another thread was first, is part of it.
fn step(sandbox: &DirectorySandbox, number: u64) {
    let name = |number: u64| user(["a", "b", "d/c", "d/e", "d"][number as usize % 5]);
    let length = vec![7; (number * 787 % 4000) as usize];
    let (one, other) = (name(number), name(number / 3 + 1));
    let _outcome = match number % 9 {
        0 => sandbox.write(&one, &length),
        1 => sandbox.append(&one, &length),
        2 => sandbox.copy(&one, &other),
        3 => sandbox.rename(&one, &other),
        4 => sandbox.unlink(&one),
        5 => sandbox.mkdir(&one, true),
        6 => sandbox.rmdir(&one, true),
        7 => save(sandbox, &SaveTo::User(one), &length).map(drop),
        _ => save(sandbox, &SaveTo::Temporary, &length).and_then(|temporary| {
            sandbox
                .rename(&temporary, &one)
                .or(sandbox.unlink(&temporary))
        }),
    };
}

#[test]
fn i3_whatever_threads_do_at_once_the_count_is_what_is_on_the_disk() {
    let (directory, sandbox) = sandbox(tight());
    sandbox.mkdir(&user("d"), false).unwrap();
    let start = Barrier::new(THREADS as usize);
    thread::scope(|threads| {
        for thread in 0..THREADS {
            let (sandbox, start) = (&sandbox, &start);
            threads.spawn(move || {
                start.wait();
                (0..STEPS).for_each(|number| step(sandbox, number * (2 * thread + 1) + thread));
            });
        }
    });
    sandbox.remove_temporaries();
    let (bytes, entries) = on_disk(&directory);
    assert!(bytes <= QUOTA && entries <= ENTRIES, "{bytes} {entries}");
    // Exactly what is left fits, and not a byte or an entry more.
    sandbox.rmdir(&user("d"), true).ok();
    let (bytes, entries) = on_disk(&directory);
    let write = |bytes: u64| sandbox.write(&user("rest"), &vec![0; bytes as usize]);
    assert_eq!(write(QUOTA - bytes + 1), Err(FileError::OverQuota(QUOTA)));
    write(QUOTA - bytes).unwrap();
    for number in entries + 1..ENTRIES {
        sandbox.mkdir(&user(&number.to_string()), false).unwrap();
    }
    let full = Err(FileError::TooManyEntries(ENTRIES));
    assert_eq!(sandbox.mkdir(&user("last"), false), full);
}

#[test]
fn i3_of_many_that_want_the_last_room_at_once_one_has_it() {
    let (directory, sandbox) = sandbox(limits(1000, 0));
    let start = Barrier::new(8);
    let written = thread::scope(|threads| {
        let write = |number: usize| {
            start.wait();
            let name = user(&number.to_string());
            if number < 4 {
                sandbox.write(&name, &[0; 600]).is_ok()
            } else {
                save(&sandbox, &SaveTo::User(name), &[0; 600]).is_ok()
            }
        };
        let all: Vec<_> = (0..8)
            .map(|number| threads.spawn(move || write(number)))
            .collect();
        let done = all.into_iter().filter_map(|thread| thread.join().ok());
        done.filter(|written| *written).count()
    });
    assert_eq!((written, on_disk(&directory)), (1, (600, 1)));
}
