//! The files of a checkpoint that a tokenizer may be read from. Whoever copies or fetches a model takes them all.

/// Their names, in the folder of the transformer.
pub const FILES: [&str; 11] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
    "tokenizer.model",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::Family;

    #[test]
    fn every_familys_vocabulary_is_among_them() {
        use Family::*;
        let all =
            [Bert, Mpnet, Roberta, Gpt2, Deberta, Qwen2, XlmRoberta, Camembert, Albert, DebertaV2, T5, Llama];
        for file in all.iter().flat_map(|family| family.vocabulary_files()) {
            assert!(FILES.contains(file), "{file}");
        }
    }
}
