//! Checkpoints as they are found: with old files, with few files, with broken ones.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::path::Path;

use gpu_bridge_checkpoint::ModelFolder;
use gpu_bridge_tokenization::{Error, Tokenizer};
use support::{Both, Golden, Singles, folder, golden};
use tempfile::TempDir;

const POSITIONS: usize = 512;

/// The vocabulary files of `family` alone, with `files` beside them.
fn bare(family: &str, files: &[(&str, &str)]) -> TempDir {
    let bare = tempfile::tempdir().unwrap();
    for name in
        ["vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "spm.model"]
    {
        if folder(family).join(name).exists() {
            std::fs::copy(folder(family).join(name), bare.path().join(name)).unwrap();
        }
    }
    write(bare.path(), files);
    bare
}

fn write(path: &Path, files: &[(&str, &str)]) {
    for (name, content) in files {
        std::fs::write(path.join(name), content).unwrap();
    }
}

fn embeddings(folder: &TempDir) -> Result<Tokenizer, Error> {
    Tokenizer::for_embeddings(&ModelFolder::new(folder.path()), POSITIONS)
}

fn bertscore(folder: &TempDir) -> Result<Tokenizer, Error> {
    Tokenizer::for_bertscore(&ModelFolder::new(folder.path()), POSITIONS)
}

/// What old checkpoints have: an architecture, and hardly a word about the tokenizer.
const OLD: [(&str, &str, &str); 12] = [
    ("bert_uncased", "bert", r#"{"do_lower_case":true}"#),
    ("bert_cased", "bert", r#"{"do_lower_case":false}"#),
    ("mpnet", "mpnet", "{}"),
    ("roberta", "roberta", r#"{"model_max_length":512}"#),
    ("deberta", "deberta", r#"{"do_lower_case":false,"vocab_type":"gpt2"}"#),
    ("gpt2", "gpt2", "{}"),
    ("qwen2", "qwen2", "{}"),
    ("xlm_roberta", "xlm-roberta", "{}"),
    ("camembert", "camembert", "{}"),
    ("albert", "albert", "{}"),
    ("deberta_v2", "deberta-v2", "{}"),
    ("t5", "t5", r#"{"extra_ids":8}"#),
];

#[test]
fn the_architecture_tells_what_an_old_checkpoint_leaves_unsaid() {
    let fast: Golden<Both> = golden("tokenization_fast.json");
    let slow: Golden<Singles> = golden("tokenization_slow.json");
    for (family, architecture, config) in OLD {
        let model = format!(r#"{{"model_type":"{architecture}"}}"#);
        let bare = bare(family, &[("config.json", &model), ("tokenizer_config.json", config)]);
        let (embeddings, bertscore) = (embeddings(&bare).unwrap(), bertscore(&bare).unwrap());
        for (index, text) in fast.texts.iter().enumerate() {
            let expected = &fast.families[family].singles.single[index];
            assert_eq!(&embeddings.encode(text).unwrap().ids, expected, "{family} {text:?}");
            let expected = &slow.families[family].single[index];
            assert_eq!(&bertscore.encode(text).unwrap().ids, expected, "{family} {text:?} slow");
        }
    }
}

#[test]
fn the_files_tell_what_even_the_architecture_does_not() {
    for family in ["bert_uncased", "roberta", "xlm_roberta", "albert", "deberta_v2"] {
        let (found, expected) = (embeddings(&bare(family, &[])).unwrap(), support::raw(family));
        let expected = Tokenizer::for_embeddings(&expected, POSITIONS).unwrap();
        let text = "A man is eating food. <mask> [SEP]";
        assert_eq!(found.encode(text).unwrap(), expected.encode(text).unwrap(), "{family}");
    }
}

#[test]
fn a_missing_or_absurd_limit_is_the_models_positions() {
    for config in
        ["{}", r#"{"model_max_length":1000000000000000019884624838656}"#, r#"{"model_max_length":null}"#]
    {
        let bare = bare(
            "deberta",
            &[("config.json", r#"{"model_type":"deberta"}"#), ("tokenizer_config.json", config)],
        );
        assert_eq!(embeddings(&bare).unwrap().max_length(), POSITIONS, "{config}");
        assert_eq!(bertscore(&bare).unwrap().max_length(), POSITIONS, "{config}");
    }
}

#[test]
fn sentence_transformers_own_limit_wins_but_for_bertscore() {
    let files = [
        ("tokenizer_config.json", r#"{"model_max_length":64}"#),
        ("sentence_bert_config.json", r#"{"max_seq_length":256}"#),
    ];
    let bare = bare("bert_uncased", &files);
    assert_eq!(embeddings(&bare).unwrap().max_length(), 256);
    assert_eq!(bertscore(&bare).unwrap().max_length(), 64);
}

#[test]
fn a_limit_without_room_for_text_is_refused() {
    let bare = bare("bert_uncased", &[("tokenizer_config.json", r#"{"model_max_length":1}"#)]);
    assert_eq!(embeddings(&bare).unwrap_err().code(), "invalid_model");
}

#[test]
fn truncation_can_keep_the_end() {
    let files = [("tokenizer_config.json", r#"{"model_max_length":6,"truncation_side":"left"}"#)];
    let bare = bare("bert_uncased", &files);
    let whole = Tokenizer::for_embeddings(&support::raw("bert_uncased"), POSITIONS).unwrap();
    let whole = whole.encode("A man is eating food.").unwrap().ids;
    let expected = [&whole[..1], &whole[whole.len() - 5..]].concat();
    for tokenizer in [embeddings(&bare).unwrap(), bertscore(&bare).unwrap()] {
        let found = tokenizer.encode("A man is eating food.").unwrap();
        assert_eq!((found.ids, found.truncated), (expected.clone(), true));
    }
}

#[test]
fn bertscore_puts_a_space_in_front_even_where_there_is_tokenizer_json_alone() {
    let json = Tokenizer::for_bertscore(&support::fast("roberta"), POSITIONS).unwrap();
    let slow = Tokenizer::for_bertscore(&support::raw("roberta"), POSITIONS).unwrap();
    for text in ["Hello world", "", "  blank ", "it's <mask>"] {
        assert_eq!(json.encode(text).unwrap(), slow.encode(text).unwrap(), "{text:?}");
    }
}

#[test]
fn the_delimiters_are_the_classs_own_where_no_file_names_them() {
    let bare = bare("roberta", &[("config.json", r#"{"model_type":"roberta"}"#)]);
    for tokenizer in [embeddings(&bare).unwrap(), bertscore(&bare).unwrap()] {
        assert_eq!(tokenizer.delimiters(), [Some(0), Some(2)]);
    }
}

#[test]
fn bert_follows_tokenizer_config_rather_than_tokenizer_json() {
    let cased = tempfile::tempdir().unwrap();
    std::fs::copy(folder("bert_cased").join("fast/tokenizer.json"), cased.path().join("tokenizer.json"))
        .unwrap();
    write(
        cased.path(),
        &[("tokenizer_config.json", r#"{"tokenizer_class":"BertTokenizer","do_lower_case":true}"#)],
    );
    let lower = embeddings(&cased).unwrap();
    assert_eq!(lower.encode("FOOD").unwrap(), lower.encode("food").unwrap());
    write(cased.path(), &[("tokenizer_config.json", r#"{"tokenizer_class":"PreTrainedTokenizerFast"}"#)]);
    let cased = embeddings(&cased).unwrap();
    assert_ne!(cased.encode("FOOD").unwrap(), cased.encode("food").unwrap());
}

#[test]
fn descriptions_tell_tokenizers_apart_and_only_those() {
    let describe = |files: &[(&str, &str)]| embeddings(&bare("bert_uncased", files)).unwrap().description();
    let plain = describe(&[]);
    assert_eq!(plain, describe(&[]));
    assert_eq!(plain, describe(&[("tokenizer_config.json", r#"{"do_lower_case":true}"#)]));
    for config in [
        r#"{"do_lower_case":false}"#,
        r#"{"strip_accents":false}"#,
        r#"{"model_max_length":64}"#,
        r#"{"sep_token":"[PAD]"}"#,
        r#"{"added_tokens_decoder":{"34":{"content":"a","special":false}}}"#,
    ] {
        assert_ne!(plain, describe(&[("tokenizer_config.json", config)]), "{config}");
    }
    let slow = |config: &str| {
        bertscore(&bare("bert_uncased", &[("tokenizer_config.json", config)])).unwrap().description()
    };
    assert_eq!(slow("{}"), slow(r#"{"do_lower_case":true,"chat_template":"not for texts"}"#));
    assert_ne!(slow("{}"), slow(r#"{"strip_accents":false}"#));
}

#[test]
fn an_id_far_beyond_the_others_costs_nothing() {
    let tokens = r##"{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"<mask>":4,"a":1073741823}"##;
    let bare = bare("roberta", &[("vocab.json", tokens), ("merges.txt", "#version: 0.2\n")]);
    let tokenizer = embeddings(&bare).unwrap();
    assert_eq!(tokenizer.encode("a").unwrap().ids, [0, 1_073_741_823, 2]);
    assert_eq!(tokenizer.description().len(), 64);
}

#[test]
fn pairs_are_not_for_bertscore() {
    let tokenizer = bertscore(&bare("bert_uncased", &[])).unwrap();
    assert_eq!(tokenizer.encode_pair("a", "b").unwrap_err().code(), "inference_failed");
}

#[test]
fn what_is_broken_is_named() {
    let broken = [
        ("bert_uncased", "vocab.txt", ""),
        ("bert_uncased", "vocab.txt", "a\nb\n"),
        ("bert_uncased", "tokenizer_config.json", r#"{"do_lower_case":"perhaps"}"#),
        ("bert_uncased", "tokenizer_config.json", r#"{"unk_token":null}"#),
        ("bert_uncased", "tokenizer_config.json", r#"{"added_tokens_decoder":{"4000":{"content":"[X]"}}}"#),
        (
            "bert_uncased",
            "tokenizer_config.json",
            r#"{"added_tokens_decoder":{"4294967295":{"content":"[X]"}}}"#,
        ),
        ("bert_uncased", "added_tokens.json", "[]"),
        ("bert_uncased", "special_tokens_map.json", "?"),
        ("bert_uncased", "tokenizer.json", "{}"),
        ("roberta", "vocab.json", r#"{"a":-1}"#),
        ("roberta", "vocab.json", r#"{"a":4294967295}"#),
        ("roberta", "merges.txt", "#\nno such\n"),
        ("roberta", "merges.txt", "#\na b c\n"),
        ("xlm_roberta", "sentencepiece.bpe.model", "no model"),
        ("xlm_roberta", "sentencepiece.bpe.model", ""),
    ];
    for (family, file, content) in broken {
        let bare = bare(family, &[(file, content)]);
        let message = embeddings(&bare).unwrap_err().to_string();
        let about =
            if content.contains("unk") || content == "a\nb\n" { "tokenizer_config.json" } else { file };
        assert!(message.contains(about), "{file} {content:?}: {message}");
    }
}

#[test]
fn a_folder_without_any_tokenizer_says_so() {
    let empty = tempfile::tempdir().unwrap();
    for error in [embeddings(&empty).unwrap_err(), bertscore(&empty).unwrap_err()] {
        assert!(error.to_string().contains("tokenizer.json"), "{error}");
    }
}
