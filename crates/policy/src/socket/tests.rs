//! Section 8, where no socket is needed to say it.
