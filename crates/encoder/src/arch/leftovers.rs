//! What a checkpoint holds beside the weights that were taken: heads of tasks, and the layers that were cut off.

use std::ops::Range;

use crate::weights::Weights;

/// Drops what begins with one of `heads`, and the layers `cut` of those below `layers`, such as `encoder.layer.`.
pub(super) fn ignore(weights: &mut Weights, heads: &[&str], layers: &str, cut: &Range<usize>) {
    let head = |name: &str| heads.iter().any(|head| name.starts_with(head));
    weights.ignore(|name| head(name) || number(name, layers).is_some_and(|number| cut.contains(&number)));
}

/// 7 of `encoder.layer.7.output.dense.bias`.
fn number(name: &str, layers: &str) -> Option<usize> {
    name.strip_prefix(layers)?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_known_by_its_number() {
        assert_eq!(number("encoder.layer.12.output.dense.bias", "encoder.layer."), Some(12));
        assert_eq!(number("encoder.layer.x.output", "encoder.layer."), None);
        assert_eq!(number("embeddings.LayerNorm.bias", "encoder.layer."), None);
    }
}
