//! What an error came of: libraries wrap the one that says what can be done in several that don't.

use std::error::Error;
use std::io;
use std::iter::successors;

/// The error itself, what caused it, and so on. What an [`io::Error`] wraps counts as its cause, which it passes over
/// itself.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
