//! Models that the hub once kept without an organisation, and where it keeps them today.
//!
//! Both spellings are the same model: on the hub the old one redirects, and `bert-score` and sentence-transformers still use
//! it. Only encoders are listed.

/// Organisation, and the names that are its own today.
const ADOPTED: [(&str, &[&str]); 6] = [
    (
        "FacebookAI",
        &[
            "roberta-base",
            "roberta-large",
            "roberta-large-mnli",
            "xlm-roberta-base",
            "xlm-roberta-large",
            "xlm-roberta-large-finetuned-conll02-dutch",
            "xlm-roberta-large-finetuned-conll02-spanish",
            "xlm-roberta-large-finetuned-conll03-english",
            "xlm-roberta-large-finetuned-conll03-german",
        ],
    ),
    (
        "albert",
        &[
            "albert-base-v1",
            "albert-base-v2",
            "albert-large-v1",
            "albert-large-v2",
            "albert-xlarge-v1",
            "albert-xlarge-v2",
            "albert-xxlarge-v1",
            "albert-xxlarge-v2",
        ],
    ),
    ("almanach", &["camembert-base"]),
    (
        "distilbert",
        &[
            "distilbert-base-cased",
            "distilbert-base-cased-distilled-squad",
            "distilbert-base-german-cased",
            "distilbert-base-multilingual-cased",
            "distilbert-base-uncased",
            "distilbert-base-uncased-distilled-squad",
            "distilbert-base-uncased-finetuned-sst-2-english",
            "distilroberta-base",
        ],
    ),
    (
        "google-bert",
        &[
            "bert-base-cased",
            "bert-base-cased-finetuned-mrpc",
            "bert-base-chinese",
            "bert-base-german-cased",
            "bert-base-german-dbmdz-cased",
            "bert-base-german-dbmdz-uncased",
            "bert-base-multilingual-cased",
            "bert-base-multilingual-uncased",
            "bert-base-uncased",
            "bert-large-cased",
            "bert-large-cased-whole-word-masking",
            "bert-large-cased-whole-word-masking-finetuned-squad",
            "bert-large-uncased",
            "bert-large-uncased-whole-word-masking",
            "bert-large-uncased-whole-word-masking-finetuned-squad",
        ],
    ),
    ("openai-community", &["roberta-base-openai-detector", "roberta-large-openai-detector"]),
];

/// Where a model without an organisation is today; `None` for one that never was without.
pub fn adopter(name: &str) -> Option<&'static str> {
    ADOPTED.iter().find(|(_, names)| names.contains(&name)).map(|(organisation, _)| *organisation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_listed_once() {
        let mut names: Vec<&str> = ADOPTED.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!((adopter("roberta-large"), adopter("all-MiniLM-L6-v2")), (Some("FacebookAI"), None));
    }
}
