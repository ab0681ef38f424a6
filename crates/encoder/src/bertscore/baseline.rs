//! The published baselines: what unrelated texts score, so that rescaled scores of such texts lie about 0.
//!
//! The reference package ships a table for each of 72 pairs of a language and a model, with a row for each layer; precision,
//! recall and F1 have baselines of their own, so a rescaled F1 is not the harmonic mean of the other two. Rescaling comes last:
//! after the best of several references was taken, and after an empty text was scored 0, which thereby becomes negative.
//! Where there is no table the reference's `score` prints a warning and gives plain numbers; here that is an error.

use std::collections::BTreeSet;

use super::Score;
use super::table::legacy;
use crate::Error;

/// `rescale_baseline/` of bert_score 0.3.13: for each table a line with language and model, then a line with precision, recall
/// and F1 for each layer from 0, the embeddings, on.
const TABLES: &str = include_str!("../../data/bertscore_baselines.tsv");

/// A model's baselines in one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Baselines {
    lang: String,
    model: String,
    /// By layer.
    rows: Vec<Baseline>,
}

/// What unrelated texts score on average with one layer of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    precision: f32,
    recall: f32,
    f1: f32,
}

impl Baselines {
    /// The table for `lang`, in any case of letters, and a model's name in either spelling.
    ///
    /// # Errors
    /// [`Error::NoBaseline`] where none is published.
    pub fn find(lang: &str, model_name: &str) -> Result<Self, Error> {
        let (lang, model) = (lang.to_lowercase(), legacy(model_name));
        let title = format!("{lang}\t{model}");
        let mut lines = TABLES.lines();
        if !lines.any(|line| line == title) {
            let published = published(&lang, model);
            return Err(Error::NoBaseline { lang, model: model_name.to_owned(), published });
        }
        Ok(Self { lang, model: model_name.to_owned(), rows: lines.map_while(row).collect() })
    }

    /// The languages that have any.
    pub fn languages() -> BTreeSet<&'static str> {
        titles().map(|(lang, _)| lang).collect()
    }

    /// The baseline for scores on the output of `layer`.
    ///
    /// # Errors
    /// [`Error::BaselineLayer`] where the table ends before it.
    pub fn layer(&self, layer: usize) -> Result<Baseline, Error> {
        let last = self.rows.len().saturating_sub(1);
        let missing = || Error::BaselineLayer {
            lang: self.lang.clone(),
            model: self.model.clone(),
            asked: layer,
            last,
        };
        self.rows.get(layer).copied().ok_or_else(missing)
    }
}

impl Baseline {
    /// `(x - b) / (1 - b)` for each of the three by itself: 1 stays 1, the baseline becomes 0.
    pub fn rescale(self, score: Score) -> Score {
        let rescaled = |x: f32, b: f32| (x - b) / (1.0 - b);
        Score {
            precision: rescaled(score.precision, self.precision),
            recall: rescaled(score.recall, self.recall),
            f1: rescaled(score.f1, self.f1),
        }
    }
}

/// The numbers of a line; `None` for a title.
fn row(line: &str) -> Option<Baseline> {
    let mut numbers = line.split('\t').map_while(|number| number.parse().ok());
    Some(Baseline { precision: numbers.next()?, recall: numbers.next()?, f1: numbers.next()? })
}

/// Language and model of every table.
fn titles() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.lines().filter(|line| row(line).is_none()).filter_map(|line| line.split_once('\t'))
}

/// What there is instead: the model in other languages, else other models in the language, else other languages.
fn published(lang: &str, model: &str) -> String {
    let list = |found: Vec<&str>| Some(found.join(", ")).filter(|list| !list.is_empty());
    let languages = titles().filter(|title| title.1 == model).map(|title| title.0).collect();
    let models = titles().filter(|title| title.0 == lang).map(|title| title.1).collect();
    let other = list(languages).map(|languages| format!("the model has them in {languages}"));
    let others = || list(models).map(|models| format!("this language has them for {models}"));
    other.or_else(others).unwrap_or_else(|| {
        let languages: Vec<_> = Baselines::languages().into_iter().collect();
        format!("these languages have them: {}", languages.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tables_are_read_and_have_a_row_for_the_embeddings_and_each_layer() {
        let titles: BTreeSet<_> = titles().collect();
        assert_eq!(titles.len(), 72);
        let rows: usize =
            titles.iter().map(|(lang, model)| Baselines::find(lang, model).unwrap().rows.len()).sum();
        assert_eq!(
            rows + titles.len(),
            TABLES.lines().count(),
            "a line is neither a title nor a row of three"
        );
        assert_eq!(Baselines::find("en", "roberta-large").unwrap().rows.len(), 1 + 24);
        assert!(titles.iter().all(|(lang, model)| {
            Baselines::find(lang, model).unwrap().rows.iter().all(|row| (0.0..1.0).contains(&row.f1))
        }));
    }

    #[test]
    fn rows_are_counted_from_the_embeddings_and_have_three_numbers() {
        let table = Baselines::find("en", "microsoft/deberta-xlarge-mnli").unwrap();
        let expected = Baseline { precision: 0.516_906_6, recall: 0.517_028_8, f1: 0.515_019_2 };
        let found = table.layer(40).unwrap();
        for (found, expected) in
            [(found.precision, expected.precision), (found.recall, expected.recall), (found.f1, expected.f1)]
        {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
        let roberta = Baselines::find("en", "roberta-large").unwrap();
        assert_eq!(roberta.layer(0).unwrap().precision, 0.371_289_1);
        let error = roberta.layer(25).unwrap_err();
        assert_eq!(error.code(), "invalid_field");
        assert!(error.to_string().contains("25") && error.to_string().contains("24"), "{error}");
    }

    #[test]
    fn language_and_both_spellings_of_a_model_find_the_same_table() {
        let rows = |lang: &str, model: &str| Baselines::find(lang, model).unwrap().rows;
        assert_eq!(rows("EN", "FacebookAI/roberta-large"), rows("en", "roberta-large"));
        assert_eq!(rows("en-Sci", "allenai/scibert_scivocab_uncased").len(), 13);
    }

    #[test]
    fn what_is_not_published_is_an_error_that_says_what_is() {
        for (lang, model, shown) in [
            ("de", "roberta-large", "the model has them in en"),
            (
                "de",
                "microsoft/deberta-v3-large",
                "this language has them for bert-base-multilingual-cased, xlm-mlm",
            ),
            ("tr", "dbmdz/bert-base-turkish-cased", "these languages have them: cs, de, en, en-sci, es"),
        ] {
            let error = Baselines::find(lang, model).unwrap_err();
            assert_eq!(error.code(), "invalid_field");
            assert!([lang, model, shown].iter().all(|part| error.to_string().contains(part)), "{error}");
        }
    }

    /// tests/test_scorer.py of the reference package: roberta-large on three pairs, plain and with idf, each rescaled.
    #[test]
    fn the_references_own_plain_scores_become_its_rescaled_ones() {
        let plain = [
            [
                [0.9843302, 0.9823839, 0.9833561],
                [0.983224, 0.9732864, 0.97823],
                [0.9120386, 0.920429, 0.9162146],
            ],
            [
                [0.9837872, 0.9827191, 0.9832529],
                [0.9754739, 0.9697768, 0.972617],
                [0.8947395, 0.9172919, 0.9058754],
            ],
        ];
        let rescaled = [
            [
                [0.9070008, 0.8954568, 0.9013834],
                [0.9004356, 0.8414674, 0.8710108],
                [0.4779556, 0.5277851, 0.5035652],
            ],
            [
                [0.9037781, 0.8974461, 0.9007721],
                [0.854439, 0.8206398, 0.8377535],
                [0.3752874, 0.5091679, 0.4423046],
            ],
        ];
        let baseline = Baselines::find("en", "roberta-large").unwrap().layer(17).unwrap();
        for (plain, expected) in plain.as_flattened().iter().zip(rescaled.as_flattened()) {
            let [precision, recall, f1] = *plain;
            let score = baseline.rescale(Score { precision, recall, f1 });
            for (found, expected) in [score.precision, score.recall, score.f1].iter().zip(expected) {
                assert!((found - expected).abs() <= 1e-5, "{plain:?}: {found} is not {expected}");
            }
        }
    }
}
