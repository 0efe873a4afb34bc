use crate::failure::AppFault;
use proptest::prelude::*;
use url::Url;

use super::*;

fn user(parts: &[&str]) -> FileName {
    FileName::User(parts.iter().map(|&part| part.to_owned()).collect())
}

fn of(content_type: &str, url: &str) -> Option<String> {
    let url = Url::parse(url).expect("the test has a URL");
    extension(Some(content_type).filter(|value| !value.is_empty()), &url)
}

#[test]
fn f2_a_name_is_one_of_the_user_directory_or_a_temporary_one() {
    let table = [
        ("wxfile://usr/a.png", user(&["a.png"])),
        ("wxfile://usr/a/b/c", user(&["a", "b", "c"])),
        ("wxfile://usr/图 片.png", user(&["图 片.png"])),
        ("wxfile://usr/...", user(&["..."])),
        ("wxfile://usr/..a", user(&["..a"])),
        ("wxfile://usr/😀", user(&["😀"])),
        ("wxfile://usr/%2e%2e", user(&["%2e%2e"])), // a name like any other: nothing is decoded
        ("wxfile://usr/wxfile:", user(&["wxfile:"])),
        (
            "wxfile://tmp_1f.png",
            FileName::Temporary("tmp_1f.png".to_owned()),
        ),
    ];
    for (text, name) in table {
        assert_eq!(FileName::parse(text), Ok(name.clone()), "{text}");
        assert_eq!(name.to_string(), text);
    }
}

#[test]
fn f2_whatever_could_lead_out_is_no_name() {
    let names = [
        "",
        "a.png",
        "/etc/passwd",
        "file:///etc/passwd",
        "wxfile://",
        "wxfile://usr",
        "wxfile://usr/",
        "wxfile://usr//",
        "wxfile://usr//etc/passwd",
        "wxfile://usr/a//b",
        "wxfile://usr/a/",
        "wxfile://usr/..",
        "wxfile://usr/../a",
        "wxfile://usr/a/../../b",
        "wxfile://usr/a/..",
        "wxfile://usr/.",
        "wxfile://usr/./a",
        "wxfile://usr\\a",
        "wxfile://usr/a\\..\\b",
        "wxfile://usr/..\\a",
        "wxfile://usr/a\0",
        "wxfile://usr/a\0/b",
        "wxfile://usr/a\nb",
        "wxfile://usr/a\u{7f}",
        "wxfile://usr/a\u{85}",
        "wxfile://tmp_",
        "wxfile://tmp_/a",
        "wxfile://tmp_a/b",
        "wxfile://tmp_a/../usr/b",
        "wxfile://tmp_a\\b",
        "wxfile://tmp_a\0",
        "wxfile://tmp/a",
        "wxfile://store_a",
        "wxfile://a",
        "WXFILE://usr/a",
        " wxfile://usr/a",
        "http://usr/a",
    ];
    for name in names {
        assert_eq!(
            FileName::parse(name),
            Err(Failure::App(AppFault::FilePermissionDenied)),
            "{name:?}"
        );
    }
}

#[test]
fn f2_a_name_is_no_longer_than_a_system_takes() {
    let parsed = |text: String| FileName::parse(&text).is_ok();
    for (prefix, fits) in [(FileName::USER, 255), (FileName::TEMPORARY, 251)] {
        assert!(parsed(format!("{prefix}{}", "x".repeat(fits))), "{prefix}");
        assert!(
            !parsed(format!("{prefix}{}", "x".repeat(fits + 1))),
            "{prefix}"
        );
    }
    assert!(
        !parsed(format!("{}{}", FileName::USER, "图".repeat(86))),
        "258 bytes"
    );
    let path = |bytes: usize| {
        let rest = bytes - FileName::USER.len();
        let parts = "x/".repeat(rest / 2);
        format!("{}{}y", FileName::USER, &parts[..rest - 1])
    };
    assert_eq!(path(4096).len(), 4096);
    assert!(parsed(path(4096)));
    assert!(!parsed(path(4097)));
}

#[test]
fn f1_the_last_part_is_what_a_person_calls_the_file() {
    assert_eq!(user(&["a", "b.png"]).last_part(), "b.png");
    let temporary = FileName::Temporary("tmp_1.gif".to_owned());
    assert_eq!(temporary.last_part(), "tmp_1.gif");
}

#[test]
fn f1_the_type_of_a_file_is_that_of_its_extension() {
    let table = [
        ("a.png", Some("image/png")),
        ("a.JPG", Some("image/jpeg")),
        ("a.tar.gz", Some("application/gzip")),
        ("小.mp4", Some("video/mp4")),
        ("a", None),
        ("png", None),
        (".png", None),
        ("a.", None),
        ("a.nobody-knows", None),
        ("", None),
    ];
    for (name, expected) in table {
        assert_eq!(media_type(name), expected, "{name}");
    }
}

#[test]
fn f3_the_extension_follows_the_content_type_and_then_the_url() {
    let table = [
        ("image/png", "https://a.com/x", Some("png")),
        ("image/png", "https://a.com/x.jpg", Some("png")),
        ("IMAGE/PNG; charset=x", "https://a.com/x", Some("png")),
        ("", "https://a.com/x.GIF", Some("gif")),
        ("", "https://a.com/dir.png/x", None),
        ("", "https://a.com/x.gif?name=y.png#z.jpg", Some("gif")),
        ("", "https://a.com/", None),
        ("", "https://a.com", None),
        ("", "https://a.com/.htaccess", None),
        ("", "https://a.com/x.", None),
        (
            "application/octet-stream",
            "https://a.com/x.zip",
            Some("zip"),
        ),
        ("application/octet-stream", "https://a.com/x", None),
        ("nobody/knows", "https://a.com/x.bin", Some("bin")),
        ("nonsense", "https://a.com/x.bin", Some("bin")),
        (";", "https://a.com/x", None),
    ];
    for (content_type, url, expected) in table {
        assert_eq!(
            of(content_type, url).as_deref(),
            expected,
            "{content_type:?} {url}"
        );
    }
}

#[test]
fn f3_of_several_extensions_of_a_type_that_of_the_url_counts_and_else_the_usual_one() {
    let usual = [
        ("image/jpeg", "jpg"),
        ("text/plain", "txt"),
        ("text/html", "html"),
        ("application/xml", "xml"),
        ("text/xml", "xml"),
        ("audio/mpeg", "mp3"),
        ("video/mp4", "mp4"),
        ("video/quicktime", "mov"),
        ("application/json", "json"),
        ("application/pdf", "pdf"),
        ("application/zip", "zip"),
        ("application/msword", "doc"),
        ("image/svg+xml", "svg"),
        ("image/webp", "webp"),
    ];
    for (content_type, expected) in usual {
        let found = of(content_type, "https://a.com/x");
        assert_eq!(found.as_deref(), Some(expected), "{content_type}");
    }
    assert_eq!(
        of("image/jpeg", "https://a.com/x.jpeg").as_deref(),
        Some("jpeg")
    );
    assert_eq!(
        of("image/jpeg", "https://a.com/x.JPE").as_deref(),
        Some("jpe")
    );
    assert_eq!(
        of("text/plain", "https://a.com/x.log").as_deref(),
        Some("log")
    );
}

#[test]
fn f3_a_servers_extension_is_short_and_made_of_letters_and_digits() {
    for extension in ["a-b", "a%2Fb", "图", "a b", "a:b", "x".repeat(17).as_str()] {
        assert_eq!(
            of("", &format!("https://a.com/x.{extension}")),
            None,
            "{extension}"
        );
    }
    let longest = "x".repeat(16);
    assert_eq!(of("", &format!("https://a.com/x.{longest}")), Some(longest));
}

proptest! {
    #[test]
    fn f2_no_text_makes_the_reading_of_a_name_panic(text in any::<String>()) {
        let _ = FileName::parse(&text);
    }

    #[test]
    fn f2_a_name_that_is_read_is_written_as_it_was_and_each_part_names_one_thing(
        text in "wxfile://(usr/|tmp_)([a./\\\\%\0\u{7f}图-]{0,3}/?){0,5}",
    ) {
        let Ok(name) = FileName::parse(&text) else { return Ok(()) };
        prop_assert_eq!(name.to_string(), text);
        let parts = match &name {
            FileName::User(parts) => parts.clone(),
            FileName::Temporary(part) => vec![part.clone()],
        };
        prop_assert!(!parts.is_empty());
        for part in parts {
            prop_assert!(!part.is_empty() && part != "." && part != "..", "{}", part);
            prop_assert!(!part.contains(['/', '\\', '\0', '\u{7f}']), "{}", part);
        }
    }

    #[test]
    fn f3_whatever_a_server_sends_an_extension_is_part_of_a_name(content_type in any::<String>(), path in any::<String>()) {
        let mut url = Url::parse("https://a.com").expect("a URL");
        url.set_path(&path);
        if let Some(extension) = extension(Some(&content_type), &url) {
            let name = format!("{}1.{extension}", FileName::TEMPORARY);
            prop_assert!(FileName::parse(&name).is_ok(), "{}", name);
            prop_assert!(extension.len() <= 16);
        }
    }
}

#[test]
fn f3_unregistered_names_of_types_count_and_of_several_extensions_the_usual_one() {
    let table = [
        ("image/jpg", "jpg"),
        ("image/x-png", "png"),
        ("image/x-ms-bmp", "bmp"),
        ("image/x-tiff", "tiff"),
        ("image/svg+xml", "svg"),
        ("image/vnd.microsoft.icon", "ico"),
        ("audio/mp3", "mp3"),
        ("audio/x-mp3", "mp3"),
        ("audio/x-m4a", "m4a"),
        ("audio/x-wav", "wav"),
        ("audio/x-aac", "aac"),
        ("audio/x-flac", "flac"),
        ("audio/amr", "amr"),
        ("audio/midi", "mid"),
        ("video/quicktime", "mov"),
        ("video/mp4", "mp4"),
        ("video/x-m4v", "m4v"),
        ("video/avi", "avi"),
        ("application/x-zip-compressed", "zip"),
        ("application/x-rar", "rar"),
        ("application/epub+zip", "epub"),
        ("application/x-pdf", "pdf"),
        ("application/x-javascript", "js"),
        ("application/msword", "doc"),
        ("text/json", "json"),
        ("text/vcard", "vcf"),
        ("application/vnd.apple.mpegurl", "m3u8"),
        ("application/problem+json", "json"),
        ("application/problem+xml", "xml"),
        ("application/example+zip", "zip"),
        ("application/example+gzip", "gz"),
    ];
    for (content_type, expected) in table {
        let found = of(content_type, "https://a.com/get");
        assert_eq!(found.as_deref(), Some(expected), "{content_type}");
    }
    let of_url = |content_type, file| of(content_type, &format!("https://a.com/{file}"));
    assert_eq!(of_url("image/jpg", "photo.jpeg").as_deref(), Some("jpeg"));
    assert_eq!(
        of_url("application/vnd.book+zip", "a.cbz").as_deref(),
        Some("cbz")
    );
    assert_eq!(of_url("application/vnd.book+exe", "a"), None);
}
