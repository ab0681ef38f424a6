//! The items that a host names as cut to the model's length: by their places in a slice, and in the call.

/// Checks that they are of so many `items`, which are called `what`.
///
/// # Errors
/// Says which isn't.
pub(crate) fn check(what: &str, indices: &[usize], items: usize) -> Result<(), String> {
    match indices.iter().find(|&&index| index >= items) {
        Some(index) => Err(format!("`truncated` names {what} {index} of {items}")),
        None => Ok(()),
    }
}

/// Puts those of the slice that begins at `start` among those of the call, which stay in order.
pub(crate) fn place(whole: &mut Vec<usize>, start: usize, part: &[usize]) {
    let at = whole.partition_point(|&index| index < start);
    whole.splice(at..at, part.iter().map(|index| index + start));
}
