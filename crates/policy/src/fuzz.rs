//! What a fuzzer gives bytes to (`fuzz/`): each function takes any input and panics if what must hold does not.

use std::sync::{Arc, OnceLock};

use crate::{
    Api, Policy, Rules, charset,
    domains::{DomainLists, ServerDomains},
    files::FileName,
    identity::{AppId, Env, Identity},
    multipart::{Form, Rendered},
    rules::AppConfig,
};

fn rules() -> &'static Arc<Rules> {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    RULES.get_or_init(|| {
        let domains = DomainLists {
            request: vec![
                "https://good.com".to_owned(),
                "https://port.com:8443".to_owned(),
            ],
            socket: vec!["wss://good.com".to_owned()],
            ..DomainLists::default()
        };
        let identity = Identity {
            app_id: AppId::new("wx1234567890abcdef"),
            version: "1".to_owned(),
            env: Env::Release,
        };
        let config = AppConfig::new(identity, domains);
        let rules = Rules::new(Arc::new(Policy::seed()), config, None);
        Arc::new(rules.expect("a valid configuration"))
    })
}

/// U1–U6: a URL that is permitted, as a call or as where a redirect leads, begins with the very text of an entry when it is sent.
///
/// # Panics
/// If one leads elsewhere.
pub fn url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let entries = [
        (Api::Request, "https://good.com/", 443),
        (Api::Request, "https://port.com:8443/", 8443),
        (Api::ConnectSocket, "wss://good.com/", 443),
    ];
    for api in [Api::Request, Api::ConnectSocket] {
        let Ok(target) = rules().permit(api, &text) else {
            continue;
        };
        let (sent, port) = (target.url().as_str(), target.port());
        let is_of_the_list = entries
            .iter()
            .any(|entry| entry.0 == api && sent.starts_with(entry.1) && port == entry.2);
        assert!(is_of_the_list, "{text:?} leads to {sent}");
        assert!(
            rules().permit(api, sent).is_ok() || target.port_text().is_some(),
            "{sent} is what was permitted"
        );
    }
    let base = rules()
        .permit(Api::Request, "https://good.com/a/b?c")
        .expect("it is in the list");
    if let Ok(hop) = base.resolve(&text)
        && rules().domains().allow(&hop)
    {
        let sent = hop.url().as_str();
        assert!(
            sent.starts_with(entries[0].1) || sent.starts_with(entries[1].1),
            "{text:?} leads to {sent}"
        );
    }
}

/// D1–D7: a configuration, one entry a line, for each list in turn. What is accepted is a name with the scheme of its list, and allows its own URL.
///
/// # Panics
/// If an accepted entry is an address or does not allow itself, or a report does not name each bad one.
pub fn domains(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for api in Api::ALL {
        let entries: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let mut lists = DomainLists::default();
        *match api {
            Api::Request => &mut lists.request,
            Api::UploadFile => &mut lists.upload_file,
            Api::DownloadFile => &mut lists.download_file,
            Api::ConnectSocket => &mut lists.socket,
        } = entries.clone();
        match ServerDomains::check(&lists, &Policy::seed(), None) {
            Ok(domains) => {
                assert!(entries.len() <= Policy::seed().domains_per_list, "D4");
                for entry in entries {
                    let target = crate::Target::parse(api, &format!("{entry}/x?y"))
                        .unwrap_or_else(|failure| panic!("{entry:?}: {failure:?}"));
                    assert!(domains.allow(&target), "{entry:?} allows itself");
                    assert!(
                        matches!(target.url().host(), Some(url::Host::Domain(_))),
                        "D3: {entry:?}"
                    );
                    assert_eq!(target.url().scheme(), api.list_scheme(), "D2: {entry:?}");
                    assert!(!Policy::seed().is_reserved(target.host()), "D5: {entry:?}");
                }
            }
            Err(report) => {
                assert!(!report.entries.is_empty());
                for bad in &report.entries {
                    assert_eq!(entries[bad.index], bad.text);
                }
                assert!(!report.to_string().is_empty());
            }
        }
    }
}

/// P2, P3: a `Content-Type` up to the first line end, and a body.
///
/// # Panics
/// If the text is longer than a body of this length can be, or if two marks were removed.
pub fn charset(data: &[u8]) {
    let (content_type, body) = split(data, b'\n');
    let content_type = String::from_utf8_lossy(content_type);
    for content_type in [Some(&*content_type), None] {
        let text = charset::decode(content_type, body);
        assert!(
            text.len() <= body.len() * 4 + 4,
            "{} of {}",
            text.len(),
            body.len()
        );
    }
    let marked = ["\u{feff}\u{feff}".as_bytes(), body].concat();
    let text = charset::decode(Some(&content_type), &marked);
    assert!(
        text.starts_with('\u{feff}'),
        "P3: one mark is removed, and not two"
    );
}

/// F1: names and values between zero bytes, the last one the file's name.
///
/// # Panics
/// If a text made a part, or ended its line.
pub fn multipart(data: &[u8]) {
    const BOUNDARY: &str = "0123456789abcdef0123456789abcdef";
    let text = String::from_utf8_lossy(data);
    if text.contains(BOUNDARY) {
        return;
    }
    let mut texts: Vec<&str> = text.split('\0').collect();
    let name = texts.pop().unwrap_or_default().to_owned();
    let pairs = texts.chunks_exact(2);
    let fields: Vec<_> = pairs
        .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
        .collect();
    let form = Form {
        fields: fields.clone(),
        file_field: name.clone(),
        file_name: name,
        file_type: "image/png".to_owned(),
        file: FileName::Temporary("tmp_1".to_owned()),
    };
    let Rendered { head, .. } = form.render(BOUNDARY);
    let head = std::str::from_utf8(&head).expect("F1: names and values are UTF-8");
    let delimiter = format!("--{BOUNDARY}\r\n");
    let mut parts = head.split(&delimiter);
    assert_eq!(parts.next(), Some(""));
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts.len(), fields.len() + 1, "{head:?}");
    for (place, part) in parts.iter().enumerate() {
        let (header, _) = part.split_once("\r\n\r\n").expect("a part has headers");
        let lines: Vec<_> = header
            .split(['\r', '\n'])
            .filter(|l| !l.is_empty())
            .collect();
        let expected = if place == fields.len() { 2 } else { 1 };
        assert_eq!(lines.len(), expected, "{part:?}");
        assert!(lines[0].starts_with("Content-Disposition: form-data; name=\""));
    }
}

/// What stands before the first `byte`, and what behind it.
fn split(data: &[u8], byte: u8) -> (&[u8], &[u8]) {
    match data.iter().position(|&found| found == byte) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (&[], data),
    }
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn u1_u3_d2_p2_f1_saved_inputs_of_the_fuzz_targets_hold() {
        replay("url", super::url);
        replay("domains", super::domains);
        replay("charset", super::charset);
        replay("multipart", super::multipart);
    }
}
