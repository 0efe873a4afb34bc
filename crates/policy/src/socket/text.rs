//! Text that may have something to give back.

use std::{any::Any, fmt, sync::Arc};

/// The text of a message, and what is dropped with it: room that was lent to a message that was received.
#[derive(Clone, Default)]
pub struct Text {
    text: String,
    lent: Option<Arc<dyn Any + Send + Sync>>,
}

impl Text {
    /// A text that drops `lent` when it is dropped, its clones too.
    pub fn lent(text: String, lent: impl Send + Sync + 'static) -> Self {
        Self {
            text,
            lent: Some(Arc::new(lent)),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text alone; what was lent with it is given back.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text, lent: None }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("text", &self.text)
            .field("lent", &self.lent.is_some())
            .finish()
    }
}
