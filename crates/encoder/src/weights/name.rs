//! Weights' names, brought to today's and to those of the bare encoder: a task's model puts a `bert.` in front, and old
//! checkpoints call a norm's `weight` and `bias` `gamma` and `beta`.

/// The name of the file's weight `original`, with the longest of `prefixes` that fits cut off.
pub(super) fn modern(original: &str, prefixes: &[&str]) -> String {
    let rest = prefixes.iter().filter_map(|prefix| original.strip_prefix(prefix));
    let bare = rest.min_by_key(|rest| rest.len()).unwrap_or(original);
    match bare.rsplit_once('.') {
        Some((module, "gamma")) => format!("{module}.weight"),
        Some((module, "beta")) => format!("{module}.bias"),
        _ => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_become_todays() {
        assert_eq!(modern("bert.embeddings.LayerNorm.gamma", &["bert."]), "embeddings.LayerNorm.weight");
        assert_eq!(modern("embeddings.LayerNorm.beta", &["bert."]), "embeddings.LayerNorm.bias");
        assert_eq!(modern("pooler.dense.weight", &["bert."]), "pooler.dense.weight");
        assert_eq!(modern("bert.model.norm.weight", &["bert.", "bert.model."]), "norm.weight");
    }
}
