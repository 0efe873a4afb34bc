//! Names inside a project.

/// A path below a folder, both from the project's root, without `.` and `..`: `("/pages", "../lib/a")` is `/lib/a`, and the root itself is empty.
/// `None` if it leaves the root.
#[must_use]
pub fn join(folder: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.iter().flat_map(|part| ["/", part]).collect())
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn a_path_that_leaves_the_root_is_none() {
        assert_eq!(join("/a", "../b/./c"), Some("/b/c".to_owned()));
        assert_eq!(join("/a", "../.."), None);
        assert_eq!(join("", "."), Some(String::new()));
    }
}
