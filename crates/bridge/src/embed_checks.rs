//! Which requests for vectors may be sent, and which answers can be what was asked for.

use gpu_bridge_protocol::{EmbedRequest, Vectors};

use crate::error::Error;
use crate::input_limits::InputLimits;
use crate::truncated;

/// Checks a request before it is sent.
///
/// # Errors
/// `invalid_input`, which names the field.
pub(crate) fn check_request(request: &EmbedRequest, limits: &InputLimits) -> Result<(), Error> {
    limits.check_count("texts", request.texts.len())?;
    limits.check_texts("texts", &request.texts)?;
    for (field, width) in [("dimensions", request.dimensions), ("truncate_dim", request.truncate_dim)] {
        if width == Some(0) {
            return Err(Error::input(format!("`{field}` is 0; ask for at least 1, or leave it out.")));
        }
    }
    Ok(())
}

/// Checks whether these can be the vectors of so many texts of the request.
///
/// # Errors
/// Says why not.
pub(crate) fn check_vectors(request: &EmbedRequest, texts: usize, vectors: &Vectors) -> Result<(), String> {
    check_version(request, vectors)?;
    check_shape(request, texts, vectors)?;
    check_numbers(vectors)?;
    truncated::check("text", &vectors.truncated, texts)
}

/// Services of 0.2 ignore some fields. They don't count tokens; later ones find at least the special ones.
fn check_version(request: &EmbedRequest, vectors: &Vectors) -> Result<(), String> {
    let newer = match (&request.normalize, &request.prompt_name) {
        (Some(_), _) => Some("normalize"),
        (None, Some(_)) => Some("prompt_name"),
        (None, None) => None,
    };
    match newer.filter(|_| vectors.usage.tokens == 0) {
        Some(field) => Err(format!("the host is of version 0.2 and ignores `{field}`")),
        None => Ok(()),
    }
}

fn check_shape(request: &EmbedRequest, texts: usize, vectors: &Vectors) -> Result<(), String> {
    let (rows, columns) = (vectors.len(), vectors.dimensions);
    if rows != texts || columns == 0 {
        return Err(format!("{rows} vectors of {columns} numbers came back for {texts} texts"));
    }
    match request.dimensions.or(request.truncate_dim).filter(|&wanted| wanted != columns) {
        Some(wanted) => Err(format!("vectors of {columns} numbers came back where {wanted} were asked for")),
        None => Ok(()),
    }
}

fn check_numbers(vectors: &Vectors) -> Result<(), String> {
    match vectors.data.iter().position(|number| !number.is_finite()) {
        Some(at) => Err(format!("vector {} holds {}", at / vectors.dimensions, vectors.data[at])),
        None => Ok(()),
    }
}
