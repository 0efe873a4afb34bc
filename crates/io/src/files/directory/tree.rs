//! Walks through directories, by paths and without recursion: people can nest more directories than a process may open or a stack can hold.

use std::{
    io,
    path::{Path, PathBuf},
};

use cap_std::fs::Dir;

use super::quota::Room;

/// What is below a directory. What disappears while it is counted does not count.
pub(super) fn room_below(root: &Dir, top: &Path) -> io::Result<Room> {
    let mut room = Room::NONE;
    walk(root, top, |_depth, bytes| {
        room.bytes = room.bytes.saturating_add(bytes);
        room.entries += 1;
    })?;
    Ok(room)
}

/// How many levels are below a directory.
pub(super) fn height(root: &Dir, top: &Path) -> io::Result<usize> {
    let mut height = 0;
    walk(root, top, |depth, _bytes| height = height.max(depth))?;
    Ok(height)
}

/// Tells the depth below `top` and the bytes of each file and directory; a directory has none.
fn walk(root: &Dir, top: &Path, mut found: impl FnMut(usize, u64)) -> io::Result<()> {
    let mut directories = vec![(top.to_owned(), 1)];
    while let Some((directory, depth)) = directories.pop() {
        let Some(entries) = unless_gone(root.read_dir(&directory))? else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let Some(meta) = unless_gone(entry.metadata())? else {
                continue;
            };
            if meta.is_dir() {
                directories.push((directory.join(entry.file_name()), depth + 1));
                found(depth, 0);
            } else {
                found(depth, meta.len());
            }
        }
    }
    Ok(())
}

/// Removes a directory and all below it, and tells the room of each as it is free.
pub(super) fn remove(root: &Dir, top: PathBuf, mut freed: impl FnMut(Room)) -> io::Result<()> {
    let mut directories = vec![top];
    while let Some(directory) = directories.last() {
        let below = remove_files(root, directory, &mut freed)?;
        if below.is_empty() {
            root.remove_dir(directory)?;
            freed(Room::ENTRY);
            directories.pop();
        } else {
            directories.extend(below);
        }
    }
    Ok(())
}

/// Removes what is in a directory, and not the directory.
pub(super) fn empty(root: &Dir, mut freed: impl FnMut(Room)) -> io::Result<()> {
    for directory in remove_files(root, Path::new("."), &mut freed)? {
        remove(root, directory, &mut freed)?;
    }
    Ok(())
}

/// Removes the files of a directory; the directories in it.
fn remove_files(
    root: &Dir,
    directory: &Path,
    freed: &mut impl FnMut(Room),
) -> io::Result<Vec<PathBuf>> {
    let mut below = Vec::new();
    for entry in root.read_dir(directory)? {
        let entry = entry?;
        let path = directory.join(entry.file_name());
        let meta = entry.metadata()?;
        if meta.is_dir() {
            below.push(path);
        } else if unless_gone(root.remove_file(&path))?.is_some() {
            freed(Room::file(meta.len()));
        }
    }
    Ok(below)
}

pub(super) fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
