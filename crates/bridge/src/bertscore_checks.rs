//! Which requests for scores may be sent, and which answers can be what was asked for.

use gpu_bridge_protocol::{BertScoreRequest, BertScoreResponse, References};

use crate::error::Error;
use crate::input_limits::InputLimits;
use crate::truncated;

/// Checks a request before it is sent.
///
/// # Errors
/// `invalid_input`, which names the field.
pub(crate) fn check_request(request: &BertScoreRequest, limits: &InputLimits) -> Result<(), Error> {
    let (pairs, references) = (request.candidates.len(), request.references.len());
    limits.check_count("candidates", pairs)?;
    if pairs != references {
        return Err(Error::input(format!(
            "`candidates` has {pairs} entries and `references` {references}; give one reference, or one list of \
             references, for each candidate."
        )));
    }
    limits.check_texts("candidates", &request.candidates)?;
    check_references(&request.references, limits)
}

fn check_references(references: &References, limits: &InputLimits) -> Result<(), Error> {
    let groups = match references {
        References::Single(texts) => return limits.check_texts("references", texts),
        References::Multiple(groups) => groups,
    };
    groups.iter().enumerate().try_for_each(|(index, group)| {
        let name = format!("references[{index}]");
        if group.is_empty() {
            return Err(Error::input(format!("`{name}` is empty; give at least one reference.")));
        }
        limits.check_texts(&name, group)
    })
}

/// Checks whether these can be the scores of so many pairs of the request.
///
/// # Errors
/// Says why not.
pub(crate) fn check_answer(
    request: &BertScoreRequest,
    pairs: usize,
    answer: &BertScoreResponse,
) -> Result<(), String> {
    check_version(request, answer)?;
    check_scores(pairs, "precision", &answer.precision)?;
    check_scores(pairs, "recall", &answer.recall)?;
    check_scores(pairs, "f1", &answer.f1)?;
    truncated::check("pair", &answer.truncated, pairs)
}

/// Services of 0.2 ignore some fields. They don't say which layer they scored on.
fn check_version(request: &BertScoreRequest, answer: &BertScoreResponse) -> Result<(), String> {
    let newer = [
        ("num_layers", request.num_layers.is_some()),
        ("idf", request.idf == Some(true)),
        ("rescale_with_baseline", request.rescale_with_baseline == Some(true)),
    ];
    match newer.iter().find(|(_, used)| *used && answer.num_layers.is_none()) {
        Some((field, _)) => Err(format!("the host is of version 0.2 and ignores `{field}`")),
        None => Ok(()),
    }
}

fn check_scores(pairs: usize, name: &str, scores: &[f32]) -> Result<(), String> {
    if scores.len() != pairs {
        return Err(format!("`{name}` has {} scores for {pairs} pairs", scores.len()));
    }
    match scores.iter().position(|score| !score.is_finite()) {
        Some(at) => Err(format!("`{name}[{at}]` is {}", scores[at])),
        None => Ok(()),
    }
}
