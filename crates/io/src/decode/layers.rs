//! The content codings of a body, one inside the other.

use bytes::Bytes;

use super::{
    coding::Coding,
    layer::{Advance, Layer},
};
use crate::{error::ExchangeError, slice::Slice};

/// The layers to undo, the last applied first. Each holds at most one buffer of what the one before it has decoded.
///
/// H6: each is read to its own end. What it has behind the end of the next one is decoded too and then ignored, so that damage there is found
/// however the bytes come.
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
                Advance::Hungry | Advance::Ended if at > 0 => at -= 1,
                Advance::Hungry | Advance::Ended => return Ok(None),
            }
        }
    }

    /// How many bytes so far came behind the end of a layer, and are no part of the body.
    pub(super) fn ignored(&self) -> u64 {
        self.0.iter().map(Layer::ignored).sum()
    }

    /// The body has ended.
    ///
    /// # Errors
    /// [`ExchangeError::Malformed`] if it was cut short before the last block of a layer.
    pub(super) fn finish(&mut self) -> Result<(), ExchangeError> {
        self.0.iter_mut().try_for_each(Layer::finish)
    }
}
