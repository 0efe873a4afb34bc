//! What of a wxml file matters without a screen: the attributes of a tag.

/// A name, and what stands behind its `=`, if anything does.
type Attribute<'w> = (&'w str, Option<&'w str>);

/// The attributes of the first tag of this name; `None` if there is none. Text, comments and scripts have no tags.
pub(crate) fn attributes<'w>(wxml: &'w str, tag: &str) -> Option<Vec<Attribute<'w>>> {
    let mut rest = wxml;
    loop {
        // `{{a < b}}` in a text.
        let open = rest.find('<')?;
        if let Some(at) = rest[..open].find("{{") {
            rest = behind(&rest[at..], "}}")?;
            continue;
        }
        rest = &rest[open + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = behind(comment, "-->")?;
            continue;
        }
        let name = word(rest);
        let (attributes, next) = read(&rest[name.len()..]);
        if name == tag {
            return Some(attributes);
        }
        rest = if name == "wxs" && !closed(rest, next) {
            behind(next, "</wxs>")?
        } else {
            next
        };
    }
}

/// The attributes up to the end of a tag, and what follows it.
fn read(mut rest: &str) -> (Vec<Attribute<'_>>, &str) {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(next) = rest.strip_prefix('>') {
            return (found, next);
        }
        let name = word(rest);
        rest = rest[name.len()..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            if name.is_empty() {
                rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..]; // a quote where none belongs
            } else {
                found.push((name, None));
            }
            continue;
        };
        let (value, next) = value_of(value.trim_start());
        rest = next;
        found.push((name, Some(value)));
    }
}

fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    let value = word(text);
    (value, &text[value.len()..])
}

/// A name, or a value without quotes.
fn word(text: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/' | '"' | '\'' | '<');
    &text[..text.find(ends).unwrap_or(text.len())]
}

/// Whether the tag that begins before `next` has no content.
fn closed(tag: &str, next: &str) -> bool {
    tag[..tag.len() - next.len()].ends_with("/>")
}

fn behind<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    text.split_once(end).map(|(_, behind)| behind)
}

#[cfg(test)]
mod tests {
    use super::attributes;

    #[test]
    fn the_attributes_of_the_first_tag_are_read_as_they_are_written() {
        let wxml = "<!-- <my-list id=\"no\"/> -->\n{{a <my-list id='no'}}\n<wxs module=\"m\">if (a <my-list) {}</wxs><wxs src='x'/>\n<view wx:if=\"{{a < b}}\"><my-list\n  id=\"one\" class='a b' on n=5 bind:done = \"onDone\" rows=\"{{rows}}\"/><my-list id=\"two\"></my-list></view>";
        assert_eq!(
            attributes(wxml, "my-list"),
            Some(vec![
                ("id", Some("one")),
                ("class", Some("a b")),
                ("on", None),
                ("n", Some("5")),
                ("bind:done", Some("onDone")),
                ("rows", Some("{{rows}}")),
            ])
        );
        assert_eq!(attributes(wxml, "my"), None);
        assert_eq!(attributes("<my-list>", "my-list"), Some(vec![]));
    }

    #[test]
    fn what_is_no_wxml_has_an_end() {
        for wxml in [
            "<",
            "<a b=\"",
            "<a '",
            "<a =",
            "<!--",
            "{{ <",
            "<wxs>",
            "<a é'é>",
            "<a ===",
        ] {
            attributes(wxml, "x");
            attributes(wxml, "a");
        }
    }
}
