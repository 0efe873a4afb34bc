//! What the program has said to its console.

use std::{collections::VecDeque, time::SystemTime};

/// How serious a line of the console is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the console's own functions")]
pub enum ConsoleLevel {
    Debug,
    Log,
    Info,
    Warn,
    Error,
}

/// One call of a function of the console.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) level: ConsoleLevel,
    pub(crate) text: String,
    pub(crate) at: SystemTime,
}

/// The last lines, for a front end that comes later.
#[derive(Debug, Default)]
pub(crate) struct Console {
    lines: VecDeque<Line>,
    bytes: usize,
}

/// How many lines are kept, and how many bytes of text; those that came first are forgotten.
const LINES: usize = 1000;
const BYTES: usize = 4 << 20;

/// What is shown of one line, in bytes.
const LINE_BYTES: usize = 64 << 10;

impl Line {
    pub(crate) fn new(level: ConsoleLevel, text: &str) -> Self {
        let mut text = text;
        let shown;
        if text.len() > LINE_BYTES {
            let is_whole = |end: &usize| text.is_char_boundary(*end);
            let end = (0..=LINE_BYTES).rev().find(is_whole).unwrap_or_default();
            shown = format!("{}… ({} bytes)", &text[..end], text.len());
            text = &shown;
        }
        Self {
            level,
            text: text.to_owned(),
            at: SystemTime::now(),
        }
    }
}

impl Console {
    pub(crate) fn keep(&mut self, line: Line) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > LINES || self.bytes > BYTES {
            let Some(first) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= first.text.len();
        }
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES, Console, ConsoleLevel, LINE_BYTES, LINES, Line};

    #[test]
    fn i2_the_last_lines_are_kept_within_bounds() {
        let mut console = Console::default();
        for number in 0..LINES + 5 {
            console.keep(Line::new(ConsoleLevel::Log, &number.to_string()));
        }
        assert_eq!(console.lines().count(), LINES);
        assert_eq!(console.lines().next().unwrap().text, "5");
        let long = "好".repeat(LINE_BYTES);
        for _ in 0..100 {
            console.keep(Line::new(ConsoleLevel::Log, &long));
        }
        let kept: usize = console.lines().map(|it| it.text.len()).sum();
        assert!(kept <= BYTES && kept > BYTES / 2, "{kept}");
        let last = &console.lines().last().unwrap().text;
        assert!(last.ends_with("… (196608 bytes)"), "{}", last.len());
    }
}
