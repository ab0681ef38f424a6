//! Which model and which layer, by the reference package's own tables.
//!
//! The layers are those that agreed best with human judgement when the package's authors tried them all. Names come in a
//! legacy spelling without an organisation (`roberta-large`) and today's (`FacebookAI/roberta-large`); both are the same model.

/// `model2layers` of bert_score/utils.py 0.3.13, a model and its layer a line, and after it the four names that its own
/// download of SciBERT goes by.
const LAYERS: &str = include_str!("../../data/bertscore_layers.tsv");

/// Where the hub keeps today what once had no organisation.
const ADOPTERS: [&str; 7] =
    ["FacebookAI/", "google-bert/", "distilbert/", "albert/", "xlnet/", "google-t5/", "openai-community/"];

/// The layer the reference package uses for a model, counted from 1; `None` for a model it has no layer for.
pub fn layers_for(model_name: &str) -> Option<usize> {
    let legacy = legacy(model_name);
    rows().find(|(name, _)| *name == legacy).map(|(_, layers)| layers)
}

/// The name by which the reference package knows a model.
pub(super) fn legacy(model_name: &str) -> &str {
    ADOPTERS.iter().find_map(|adopter| model_name.strip_prefix(adopter)).unwrap_or(model_name)
}

/// The reference package's model for a language code, in any case of letters; codes it does not know get the multilingual one.
pub fn model_for_lang(lang: &str) -> &'static str {
    match lang.to_lowercase().as_str() {
        "en" => "roberta-large",
        "zh" => "bert-base-chinese",
        "tr" => "dbmdz/bert-base-turkish-cased",
        "en-sci" => "allenai/scibert_scivocab_uncased",
        _ => "bert-base-multilingual-cased",
    }
}

fn rows() -> impl Iterator<Item = (&'static str, usize)> {
    LAYERS
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(name, n)| Some((name, n.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_is_read() {
        assert_eq!(rows().count(), LAYERS.lines().count());
        assert_eq!(rows().count(), 144);
    }

    #[test]
    fn legacy_and_namespaced_names_are_the_same_model() {
        for name in ["roberta-large", "FacebookAI/roberta-large"] {
            assert_eq!(layers_for(name), Some(17), "{name}");
        }
        assert_eq!(layers_for("google-bert/bert-base-uncased"), Some(9));
        assert_eq!(layers_for("microsoft/deberta-xlarge-mnli"), Some(40));
        assert_eq!(layers_for("amazon/bort"), Some(0));
        assert_eq!(layers_for("someone/roberta-large"), None);
    }

    #[test]
    fn every_language_has_a_model_with_a_layer() {
        for lang in ["en", "EN", "zh", "tr", "en-sci", "de", ""] {
            assert!(layers_for(model_for_lang(lang)).is_some(), "{lang}");
        }
        assert_eq!(model_for_lang("En"), "roberta-large");
    }
}
