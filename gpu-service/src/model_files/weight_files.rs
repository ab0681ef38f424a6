//! The one copy of the weights that is wanted of a folder: safetensors, else PyTorch's, whole or in shards.

use std::collections::BTreeSet;

use super::in_folder;

/// Forms of the weights, the best one first: in one file, or an index with its shards, which start and end like this.
const WEIGHTS: [(&str, Option<(&str, &str)>); 4] = [
    ("model.safetensors", None),
    ("model.safetensors.index.json", Some(("model-", ".safetensors"))),
    ("pytorch_model.bin", None),
    ("pytorch_model.bin.index.json", Some(("pytorch_model-", ".bin"))),
];

/// The best form of the weights in a folder, file by file.
pub(super) fn weights<'a>(listed: &BTreeSet<&'a str>, folder: &str) -> Option<Vec<&'a str>> {
    WEIGHTS.iter().find_map(|(name, shards)| {
        let first = *listed.get(in_folder(folder, name).as_str())?;
        let shards = shards.iter().flat_map(|(start, end)| {
            let start = in_folder(folder, start);
            listed.iter().copied().filter(move |file| is_shard(file, &start, end))
        });
        Some([first].into_iter().chain(shards).collect())
    })
}

/// `START00001-of-00002END`.
fn is_shard(file: &str, start: &str, end: &str) -> bool {
    let number = file.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    number
        .and_then(|number| number.split_once("-of-"))
        .is_some_and(|(place, count)| digits(place) && digits(count))
}
