//! The name that somebody registered, above a host (D6).

/// The registrable domain of a host: one label below a suffix under which registries sell names. The host itself if there is none.
///
/// Suffixes of the list's private section (`github.io`, a cloud's bucket domain) do not count: what is filed is the name that was
/// registered, which is the provider's.
pub(super) fn domain(host: &str) -> &str {
    let mut domain = host;
    let mut name = host;
    while let Some(suffix) = psl::suffix(name.as_bytes()) {
        let below = name.len().saturating_sub(suffix.trim().as_bytes().len());
        let Some(suffix_text) = name.get(below..) else {
            break;
        };
        domain = one_label_more(host, suffix_text);
        if suffix.typ() != Some(psl::Type::Private) {
            break;
        }
        match suffix_text.split_once('.') {
            Some((_, parent)) => name = parent,
            None => break,
        }
    }
    domain
}

/// The end of `host` that is `suffix` and the label before it.
fn one_label_more<'a>(host: &'a str, suffix: &str) -> &'a str {
    let before = host
        .strip_suffix(suffix)
        .and_then(|before| before.strip_suffix('.'));
    let label = before.map(|before| before.rfind('.').map_or(0, |at| at + 1));
    label.and_then(|start| host.get(start..)).unwrap_or(host)
}
