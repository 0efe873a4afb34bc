//! How a program ended that did not end well.

/// Why the engine stopped running a program. The texts are whole: name, message, stack with files and lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// A source that does not parse; nothing of it ran.
    #[error("{0}")]
    Syntax(String),
    /// Thrown and not caught.
    #[error("Uncaught {0}")]
    Uncaught(String),
    /// A promise was rejected and nobody listened.
    #[error("Unhandled promise rejection: {0}")]
    UnhandledRejection(String),
    /// Thrown or rejected, and taken by the program's own handler ([`Engine::error_handler`](crate::Engine::error_handler)): it may go on.
    #[error("handled by the program")]
    Handled,
    /// The interrupt of [`EngineOptions`](crate::EngineOptions) asked for it.
    #[error("stopped")]
    Stopped,
    /// The engine itself could not go on.
    #[error("the JavaScript engine failed: {0}")]
    Engine(String),
}

impl ScriptError {
    /// What is thrown while nothing of a program runs yet is a matter of its text.
    #[must_use]
    pub fn into_syntax(self) -> Self {
        match self {
            Self::Uncaught(text) => Self::Syntax(text),
            Self::Syntax(_)
            | Self::UnhandledRejection(_)
            | Self::Handled
            | Self::Stopped
            | Self::Engine(_) => self,
        }
    }
}

impl From<rquickjs::Error> for ScriptError {
    fn from(error: rquickjs::Error) -> Self {
        Self::Engine(error.to_string())
    }
}
