//! A shape as a person writes it: `slow-3g`, `latency=400,down=50k`, `3g,loss=1`.

use std::{num::NonZeroU64, str::FromStr, time::Duration};

use super::{Chance, Preset, Shape};
use crate::connectivity::NetworkType;

/// Why a text is no shape, and what would be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// Neither a preset nor a field.
    #[error("{0:?} should be one of {presets}, or a field such as {example}: fields are {fields}", presets = presets(), example = EXAMPLE, fields = FIELDS)]
    Unknown(String),
    /// A preset that is not the first part.
    #[error("the preset {0:?} should come first: fields after it change it")]
    NotFirst(String),
    /// A field whose value is none.
    #[error("{field}={value} should be {expected}")]
    Value {
        /// The field.
        field: String,
        /// Its value.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
}

const EXAMPLE: &str = "latency=400";

const FIELDS: &str = "latency and jitter in milliseconds, down and up in bytes a second (50k, 2m), loss and reset in percent, type (2g, 3g, wifi …)";

const MILLIS: &str = "milliseconds from 0 to 60000, such as 400";
const SPEED: &str = "bytes a second and more than 0, such as 50k (50,000) or 2m";
const PERCENT: &str = "a percentage from 0 to 100, such as 0.1";
const TYPE: &str = "wifi, 2g, 3g, 4g, 5g, unknown or none";

/// A minute: no call lasts longer.
const MOST_MILLIS: u64 = 60_000;

fn presets() -> String {
    Preset::ALL.map(Preset::as_str).join(", ")
}

impl FromStr for Shape {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut shape = Self::default();
        for (place, part) in text.split(',').map(str::trim).enumerate() {
            let preset = Preset::ALL.into_iter().find(|it| it.as_str() == part);
            match (preset, part.split_once('=')) {
                (Some(preset), _) if place == 0 => shape = preset.shape(),
                (Some(_), _) => return Err(ShapeError::NotFirst(part.to_owned())),
                (None, Some((field, value))) => shape.set(field, value)?,
                (None, None) => return Err(ShapeError::Unknown(part.to_owned())),
            }
        }
        Ok(shape)
    }
}

impl Shape {
    fn set(&mut self, field: &str, value: &str) -> Result<(), ShapeError> {
        let expected = |expected| ShapeError::Value {
            field: field.to_owned(),
            value: value.to_owned(),
            expected,
        };
        match field {
            "latency" => self.latency = millis(value).ok_or_else(|| expected(MILLIS))?,
            "jitter" => self.jitter = millis(value).ok_or_else(|| expected(MILLIS))?,
            "down" => self.down = Some(speed(value).ok_or_else(|| expected(SPEED))?),
            "up" => self.up = Some(speed(value).ok_or_else(|| expected(SPEED))?),
            "loss" => self.loss = percent(value).ok_or_else(|| expected(PERCENT))?,
            "reset" => self.reset = percent(value).ok_or_else(|| expected(PERCENT))?,
            "type" => {
                let kind = NetworkType::parse(value).ok_or_else(|| expected(TYPE))?;
                self.network_type = Some(kind);
            }
            _ => return Err(ShapeError::Unknown(field.to_owned())),
        }
        Ok(())
    }
}

fn millis(value: &str) -> Option<Duration> {
    let millis: u64 = value.parse().ok()?;
    (millis <= MOST_MILLIS).then(|| Duration::from_millis(millis))
}

fn speed(value: &str) -> Option<NonZeroU64> {
    let (digits, unit) = match value.char_indices().last()? {
        (at, 'k' | 'K') => (&value[..at], 1_000),
        (at, 'm' | 'M') => (&value[..at], 1_000_000),
        _ => (value, 1),
    };
    NonZeroU64::new(digits.parse::<u64>().ok()?.checked_mul(unit)?)
}

fn percent(value: &str) -> Option<Chance> {
    Chance::percent(value.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Shape>().unwrap_err().to_string()
    }

    #[test]
    fn a_shape_is_a_preset_or_fields_or_a_preset_that_fields_change() {
        let fields = "latency=400,jitter=50,down=50k,up=2m,loss=1,reset=0.1,type=3g";
        let shape = Shape {
            latency: Duration::from_millis(400),
            jitter: Duration::from_millis(50),
            down: NonZeroU64::new(50_000),
            up: NonZeroU64::new(2_000_000),
            loss: Chance(10_000),
            reset: Chance(1_000),
            network_type: Some(NetworkType::Cellular3G),
            ..Shape::default()
        };
        assert_eq!(fields.parse(), Ok(shape));
        for preset in Preset::ALL {
            assert_eq!(preset.as_str().parse(), Ok(preset.shape()));
        }
        let changed = Shape {
            loss: Chance(5_000),
            ..Preset::Type3G.shape()
        };
        assert_eq!("3g, loss=0.5".parse(), Ok(changed));
    }

    #[test]
    fn a_text_that_is_no_shape_is_told_what_would_be() {
        assert_eq!(
            error("slow-5g"),
            "\"slow-5g\" should be one of 2g, slow-3g, 3g, 4g, lossy, offline, or a field such as latency=400: fields are latency and \
             jitter in milliseconds, down and up in bytes a second (50k, 2m), loss and reset in percent, type (2g, 3g, wifi …)"
        );
        assert!(error("lag=3").starts_with("\"lag\" should be one of"));
        assert!(error("").starts_with("\"\" should be one of"));
        assert_eq!(
            error("latency=1,3g"),
            "the preset \"3g\" should come first: fields after it change it"
        );
        for (text, words) in [
            (
                "latency=4s",
                "latency=4s should be milliseconds from 0 to 60000, such as 400",
            ),
            (
                "jitter=99999",
                "jitter=99999 should be milliseconds from 0 to 60000, such as 400",
            ),
            (
                "down=0",
                "down=0 should be bytes a second and more than 0, such as 50k (50,000) or 2m",
            ),
            (
                "up=99999999999999999999m",
                "up=99999999999999999999m should be bytes a second and more than 0, such as 50k (50,000) or 2m",
            ),
            (
                "loss=101",
                "loss=101 should be a percentage from 0 to 100, such as 0.1",
            ),
            (
                "reset=NaN",
                "reset=NaN should be a percentage from 0 to 100, such as 0.1",
            ),
            (
                "type=6g",
                "type=6g should be wifi, 2g, 3g, 4g, 5g, unknown or none",
            ),
        ] {
            assert_eq!(error(text), words);
        }
    }
}
