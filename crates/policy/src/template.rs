//! Header values that name the app: the Referer (R1) and the User-Agent (R2).

use std::{borrow::Cow, fmt, str::FromStr};

use crate::identity::Identity;

/// A header value in which `{appid}` stands for the app's id and `{version}` for what its version is called (R1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Cow<'static, str>);

/// Text that is no [`Template`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A brace that belongs to neither `{appid}` nor `{version}`; holds the text from there on.
    #[error("{0:?} should be {{appid}} or {{version}}, the only names that a template knows")]
    Name(String),
    /// A character that a header cannot carry, or nothing at all.
    #[error("a template should be visible characters of ASCII, and blanks between them")]
    Unsendable,
}

const NAMES: [&str; 2] = ["{appid}", "{version}"];

impl Template {
    /// One that was written down here; its test renders it.
    pub(crate) const fn known(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The value for this app.
    #[must_use]
    pub fn render(&self, identity: &Identity) -> String {
        let [app_id, version] = NAMES;
        self.0
            .replace(version, identity.version_name())
            .replace(app_id, identity.app_id.as_str())
    }

    fn check(text: &str) -> Result<(), TemplateError> {
        let is_text = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !is_text || text.trim() != text || text.is_empty() {
            return Err(TemplateError::Unsendable);
        }
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let found = rest.get(at..).unwrap_or_default();
            let name = NAMES.into_iter().find(|name| found.starts_with(name));
            let name = name.ok_or_else(|| TemplateError::Name(found.to_owned()))?;
            rest = found.get(name.len()..).unwrap_or_default();
        }
        Ok(())
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::check(text).map(|()| Self(Cow::Owned(text.to_owned())))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{AppId, Env};

    fn identity(env: Env) -> Identity {
        Identity {
            app_id: AppId::new("wx12"),
            version: "42".to_owned(),
            env,
        }
    }

    #[test]
    fn r1_a_template_names_the_app_and_where_its_code_comes_from() {
        let template: Template = "https://servicewechat.com/{appid}/{version}/page-frame.html"
            .parse()
            .expect("a template");
        for (env, version) in [
            (Env::Release, "42"),
            (Env::Trial, "0"),
            (Env::Develop, "0"),
            (Env::Devtools, "devtools"),
        ] {
            assert_eq!(
                template.render(&identity(env)),
                format!("https://servicewechat.com/wx12/{version}/page-frame.html")
            );
        }
    }

    #[test]
    fn r1_a_name_may_stand_anywhere_and_several_times() {
        let template: Template = "{appid}{version} x/{appid}".parse().expect("a template");
        assert_eq!(template.render(&identity(Env::Release)), "wx1242 x/wx12");
    }

    #[test]
    fn r2_what_no_header_can_carry_is_no_template() {
        for text in ["", " a", "a ", "a\r\nb: c", "a\0", "é", "a\tb"] {
            assert_eq!(
                text.parse::<Template>(),
                Err(TemplateError::Unsendable),
                "{text:?}"
            );
        }
        for (text, at) in [
            ("a{app}b", "{app}b"),
            ("{appid", "{appid"),
            ("{{appid}}", "{{appid}}"),
            ("{appid}}", "}"),
        ] {
            assert_eq!(
                text.parse::<Template>(),
                Err(TemplateError::Name(at.to_owned()))
            );
        }
    }
}
