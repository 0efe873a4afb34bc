//! The content codings of a body, one inside the other.

use bytes::Bytes;

use super::{
    coding::Coding,
    layer::{Advance, Layer},
};
use crate::{error::ExchangeError, slice::Slice};

/// The layers to undo, the last applied first. Each holds at most one buffer of what the one before it has decoded.
pub(super) struct Layers(Vec<Layer>);

impl Layers {
    /// At least one coding.
    pub(super) fn new(codings: &[Coding], ratio: u32) -> Self {
        let layers = codings.iter().map(|&coding| Layer::new(coding, ratio));
        Self(layers.collect())
    }

    /// Takes the next bytes of the body, when [`next`](Self::next) has no more to give.
    pub(super) fn push(&mut self, data: Bytes) {
        if let Some(outermost) = self.0.first_mut() {
            outermost.push(data);
        }
    }

    /// The next bytes of what was meant; `None` when there are none without more input.
    pub(super) async fn next(&mut self, slice: &mut Slice) -> Result<Option<Bytes>, ExchangeError> {
        let innermost = self.0.len() - 1;
        let mut at = innermost;
        // From inside to outside, so that a layer decodes no more before the next one has read what there is.
        loop {
            match self.0[at].advance()? {
                Advance::Worked(bytes) => slice.spend(bytes).await,
                Advance::Gives(data) if at == innermost => return Ok(Some(data)),
                Advance::Gives(data) => {
                    at += 1;
                    self.0[at].push(data);
                }
                Advance::Hungry if at > 0 => at -= 1,
                Advance::Hungry | Advance::Ended => return Ok(None),
            }
        }
    }

    /// Whether whatever follows is no part of the body.
    pub(super) fn have_ended(&self) -> bool {
        self.0.iter().any(Layer::has_ended)
    }

    /// The body has ended.
    ///
    /// # Errors
    /// [`ExchangeError::Malformed`] if it was cut short before the last block of a layer that is still needed.
    pub(super) fn finish(&mut self) -> Result<(), ExchangeError> {
        if self.0.last().is_some_and(Layer::has_ended) {
            return Ok(());
        }
        self.0.iter_mut().try_for_each(Layer::finish)
    }
}
