//! What the goldens can't show of BERT's kin: settings that are refused, limits, and what is left unread.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;
mod made;

use gpu_bridge_encoder::{Device, Dtype, Error, TokenEncoder, Tokens, use_threads};
use made::{Golden, POSITIONS};
use serde_json::{Value, json};

fn golden(name: &str) -> Golden {
    made::all().into_iter().find(|golden| golden.name == name).unwrap()
}

fn load(golden: &Golden, layers: Option<usize>) -> Result<TokenEncoder, Error> {
    use_threads(1);
    TokenEncoder::load(made::write(golden).path(), layers, Device::Cpu, Dtype::Float32)
}

#[test]
fn a_setting_that_can_not_be_followed_is_refused_by_its_value() {
    for (name, key, value, shown) in [
        ("roberta", "position_embedding_type", json!("relative_key_query"), "relative_key_query"),
        ("electra", "position_embedding_type", json!("relative_key"), "relative_key"),
        ("albert", "position_embedding_type", json!("relative_key"), "relative_key"),
        ("camembert", "is_decoder", json!(true), "is_decoder"),
        ("xlm-roberta", "pad_token_id", json!(41), "padding's id 41"),
        ("xlm-roberta", "pad_token_id", Value::Null, "null"),
        ("bert", "type_vocab_size", json!(0), "type_vocab_size"),
        ("distilbert", "n_heads", json!(5), "5 heads"),
        ("distilbert", "activation", json!("mish"), "mish"),
        ("albert", "num_hidden_groups", json!(0), "0 groups"),
        ("mpnet", "relative_attention_num_buckets", json!(16), "16"),
    ] {
        let mut golden = golden(name);
        golden.model.config[key] = value;
        let error = load(&golden, None).err().unwrap();
        assert_eq!(error.code(), "invalid_model", "{name} {key}");
        assert!(error.to_string().contains(shown), "{name} {key}: {error}");
    }
}

#[test]
fn a_model_that_counts_from_behind_the_padding_takes_as_many_tokens_as_it_has_places_left() {
    for name in ["roberta", "mpnet", "bert"] {
        let encoder = load(&golden(name), Some(1)).unwrap();
        let text = |length: usize| Tokens::new(vec![7; length]);
        assert!(encoder.states(&[&text(POSITIONS)]).is_ok(), "{name}");
        let error = encoder.states(&[&text(POSITIONS + 1)]).err().unwrap();
        assert!(error.to_string().contains("41 tokens but the model has 40"), "{name}: {error}");
    }
}

#[test]
fn weights_of_layers_that_were_cut_off_may_be_missing_and_no_others() {
    for (name, layer) in [
        ("roberta", "encoder.layer.2."),
        ("distilbert", "transformer.layer.2."),
        ("electra", "encoder.layer.2."),
        ("mpnet", "encoder.layer.2."),
        ("albert-groups", "encoder.albert_layer_groups.1."),
    ] {
        let mut golden = golden(name);
        golden.model.weights.retain(|(weight, _)| !weight.starts_with(layer));
        assert!(load(&golden, Some(1)).is_ok(), "{name}");
        let error = load(&golden, None).err().unwrap();
        assert!(error.to_string().contains(&format!("`{layer}")), "{name}: {error}");
    }
}

#[test]
fn a_layer_that_config_json_does_not_have_is_no_leftover() {
    for (name, weight) in [
        ("roberta", "encoder.layer.3.output.dense.bias"),
        ("distilbert", "transformer.layer.3.ffn.lin1.bias"),
        ("albert", "encoder.albert_layer_groups.1.albert_layers.0.ffn.bias"),
        ("albert", "encoder.albert_layer_groups.0.albert_layers.1.ffn.bias"),
    ] {
        let mut golden = golden(name);
        golden.model.weights.push((weight.to_owned(), vec![32]));
        let error = load(&golden, Some(1)).err().unwrap();
        assert!(error.to_string().contains(weight), "{name}: {error}");
    }
}
