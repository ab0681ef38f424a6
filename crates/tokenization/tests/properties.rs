//! What holds for every text.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::sync::LazyLock;

use gpu_bridge_tokenization::Tokenizer;
use proptest::prelude::*;
use support::{Both, Golden, fast, golden, raw};

/// Each family's tokenizer from its vocabulary files and from its tokenizer.json, and with a small limit.
static FAMILIES: LazyLock<Vec<(String, [Tokenizer; 3])>> = LazyLock::new(|| {
    let golden: Golden<Both> = golden("tokenization_fast.json");
    let load = |family: &String| {
        let whole = |folder| Tokenizer::for_pairs(&folder, 4096).unwrap();
        [whole(raw(family)), whole(fast(family)), Tokenizer::for_pairs(&raw(family), 10).unwrap()]
    };
    golden.families.keys().map(|family| (family.clone(), load(family))).collect()
});

/// Anything, and what tokenizers stumble over more often than chance has it.
fn text() -> impl Strategy<Value = String> {
    let odd = [
        "[CLS]", "[MASK]", "<mask>", "<s>", "</s>", "▁", " ", "\t", "\n", "the man ", "9,", "e\u{301}",
        "\u{200b}", "ﬁ",
    ];
    let part = prop_oneof![".{0,4}", proptest::sample::select(odd.to_vec()).prop_map(str::to_owned)];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn vocabulary_files_and_tokenizer_json_are_one_tokenizer(first in text(), second in text()) {
        for (family, [raw, fast, _]) in FAMILIES.iter() {
            prop_assert_eq!(raw.encode(&first).unwrap(), fast.encode(&first).unwrap(), "{}", family);
            let pair = |tokenizer: &Tokenizer| tokenizer.encode_pair(&first, &second).unwrap();
            prop_assert_eq!(pair(raw), pair(fast), "{}", family);
        }
    }

    #[test]
    fn the_limit_holds_and_only_what_is_too_long_is_cut(first in text(), second in text()) {
        for (family, [whole, _, short]) in FAMILIES.iter() {
            let pair = |tokenizer: &Tokenizer| tokenizer.encode_pair(&first, &second).unwrap();
            let (whole, short) = (pair(whole), pair(short));
            prop_assert_eq!(short.len(), whole.len().min(10), "{}", family);
            prop_assert_eq!(short.truncated, whole.len() > 10, "{}", family);
        }
    }
}
