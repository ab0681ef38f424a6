//! Work that a call asks a host for: checked before it is sent, checked again when it comes back.

use bytes::Bytes;
use serde::Serialize;

use crate::config::InputLimits;
use crate::demand::Demand;
use crate::error::Error;
use crate::transport::HostReply;

/// A request that is known to be well formed. One implementation for each compute route.
pub(crate) trait Work: Sync {
    /// What the caller gets.
    type Answer: Send;
    /// The route.
    const PATH: &'static str;
    /// The media types that can be read.
    const ACCEPT: &'static str = "application/json";

    /// The request's JSON, made once for all attempts.
    fn body(&self) -> Bytes;

    /// What it will cost.
    fn demand(&self) -> &Demand;

    /// The host's own tokens, where its answer says so.
    fn counted(answer: &Self::Answer) -> Option<u64>;

    /// Reads a 2xx answer.
    ///
    /// # Errors
    /// Says what is wrong where it isn't an answer to this request.
    fn read(&self, reply: &HostReply) -> Result<Self::Answer, String>;
}

/// The JSON of a request. The contract's types can't fail to be written.
pub(crate) fn to_json(request: &impl Serialize) -> Result<Bytes, Error> {
    let json = serde_json::to_vec(request).map_err(|error| Error::input(error.to_string()))?;
    Ok(json.into())
}

impl InputLimits {
    /// Checks that `name` holds something, and not too much.
    pub(crate) fn check_count(&self, name: &str, count: usize) -> Result<(), Error> {
        match self.max_batch_size {
            _ if count == 0 => Err(Error::input(format!("`{name}` is empty; give at least one text."))),
            Some(most) if count > most => Err(Error::input(format!(
                "`{name}` has {count} entries; `limits.maxBatchSize` allows {most}."
            ))),
            _ => Ok(()),
        }
    }

    /// Checks the length of one text; `at` is its place, such as `texts[3]`.
    pub(crate) fn check_text(&self, at: impl FnOnce() -> String, text: &str) -> Result<(), Error> {
        // A text never has more code points than bytes, so most need not be counted.
        if text.len() <= self.max_text_length {
            return Ok(());
        }
        match text.chars().count() {
            length if length > self.max_text_length => Err(Error::input(format!(
                "`{}` has {length} characters; at most {} are allowed (`limits.maxTextLength`).",
                at(),
                self.max_text_length
            ))),
            _ => Ok(()),
        }
    }

    /// Checks every text of a list.
    pub(crate) fn check_texts(&self, name: &str, texts: &[String]) -> Result<(), Error> {
        let mut texts = texts.iter().enumerate();
        texts.try_for_each(|(index, text)| self.check_text(|| format!("{name}[{index}]"), text))
    }
}
