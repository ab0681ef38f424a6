//! What `/v1/embeddings` answers, and its way into one block of numbers.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gpu_bridge_protocol::{Usage, Vectors};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The answer as it stands. Fields that nobody needs are passed over.
#[derive(Deserialize)]
pub(crate) struct OpenAiAnswer {
    data: Vec<Row>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    usage: Option<Cost>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    index: Option<usize>,
    embedding: Numbers,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cost {
    prompt_tokens: Option<u64>,
    total_tokens: Option<u64>,
}

/// One vector: base64 of little-endian float32, or a list of numbers.
struct Numbers(Vec<f32>);

impl OpenAiAnswer {
    /// The vectors in the order of the texts. Where no row has an index, the rows are in order.
    ///
    /// # Errors
    /// When it isn't one row a text, or the rows differ in length.
    pub(crate) fn into_vectors(self, texts: usize) -> Result<Vectors, String> {
        let dimensions = self.data.first().map_or(0, |row| row.embedding.0.len());
        if self.data.len() != texts || dimensions == 0 {
            return Err(format!(
                "{} vectors of {dimensions} numbers came back for {texts} texts",
                self.data.len()
            ));
        }
        let data = in_order(self.data, dimensions)?;
        let cost = self.usage.unwrap_or_default();
        let usage = Usage { tokens: cost.prompt_tokens.or(cost.total_tokens).unwrap_or(0) };
        let model = self.model.unwrap_or_default();
        Ok(Vectors { data, dimensions, model, usage, ..Vectors::default() })
    }
}

/// The numbers of all rows, each in its place.
fn in_order(rows: Vec<Row>, dimensions: usize) -> Result<Vec<f32>, String> {
    let texts = rows.len();
    let (mut data, mut there) = (vec![0.0; texts * dimensions], vec![false; texts]);
    for (place, row) in rows.into_iter().enumerate() {
        let (index, Numbers(numbers)) = (row.index.unwrap_or(place), row.embedding);
        if index >= texts || std::mem::replace(&mut there[index], true) {
            return Err(format!("`index` {index} comes twice, or is none of {texts} texts"));
        }
        if numbers.len() != dimensions {
            return Err(format!("vector {index} has {} numbers, another one {dimensions}", numbers.len()));
        }
        data[index * dimensions..][..dimensions].copy_from_slice(&numbers);
    }
    Ok(data)
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vector, as base64 of float32 or as a list of numbers")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Numbers, E> {
        let bytes =
            STANDARD.decode(text).map_err(|error| E::custom(format!("a vector is no base64: {error}")))?;
        let numbers = bytes.chunks_exact(4);
        if !numbers.remainder().is_empty() {
            return Err(E::custom(format!("a vector of {} bytes is no list of float32", bytes.len())));
        }
        Ok(Numbers(numbers.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
        let mut numbers = Vec::with_capacity(list.size_hint().unwrap_or(0));
        while let Some(number) = list.next_element()? {
            numbers.push(number);
        }
        Ok(Numbers(numbers))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(answer: &Value, texts: usize) -> Result<Vectors, String> {
        let text = answer.to_string();
        let answer: OpenAiAnswer = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        answer.into_vectors(texts)
    }

    fn base64(numbers: &[f32]) -> String {
        STANDARD.encode(numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>())
    }

    #[test]
    fn both_encodings_give_the_same_numbers_in_the_order_of_the_texts() {
        let first = [0.1, -2.5e-8, f32::MIN_POSITIVE];
        let second = [1.0, f32::MAX, -0.0];
        let digits = |numbers: &[f32]| json!(numbers);
        let encoded = |numbers: &[f32]| json!(base64(numbers));
        for put in [&digits as &dyn Fn(&[f32]) -> Value, &encoded] {
            let rows =
                json!([{ "index": 1, "embedding": put(&second) }, { "index": 0, "embedding": put(&first) }]);
            let vectors =
                read(&json!({ "data": rows, "model": "m", "usage": { "prompt_tokens": 7 } }), 2).unwrap();
            assert_eq!(vectors.data, [first, second].concat());
            assert_eq!((vectors.dimensions, vectors.usage.tokens, &*vectors.model), (3, 7, "m"));
        }
    }

    #[test]
    fn rows_without_an_index_are_in_order_and_costs_may_be_missing() {
        let rows = json!([{ "embedding": [1, 2] }, { "embedding": [3, 4] }]);
        let vectors = read(&json!({ "data": rows }), 2).unwrap();
        assert_eq!((vectors.data, vectors.usage.tokens), (vec![1.0, 2.0, 3.0, 4.0], 0));
    }

    #[test]
    fn what_is_no_answer_to_the_texts_is_refused() {
        let row = |index: usize, numbers: Value| json!({ "index": index, "embedding": numbers });
        for (rows, words) in [
            (json!([row(0, json!([1.0]))]), "1 vectors of 1 numbers came back for 2 texts"),
            (json!([row(0, json!([1.0])), row(0, json!([2.0]))]), "`index` 0 comes twice"),
            (json!([row(0, json!([1.0])), row(2, json!([2.0]))]), "`index` 2 comes twice, or is none"),
            (
                json!([row(0, json!([1.0])), row(1, json!([2.0, 3.0]))]),
                "vector 1 has 2 numbers, another one 1",
            ),
            (json!([row(0, json!([])), row(1, json!([]))]), "of 0 numbers"),
            (json!([row(0, json!("AAA=")), row(1, json!("AAAAAA=="))]), "no list of float32"),
            (json!([row(0, json!("*")), row(1, json!("*"))]), "no base64"),
            (json!([row(0, json!([null])), row(1, json!([1.0]))]), "null"),
            (json!([row(0, json!(5)), row(1, json!(5))]), "as base64 of float32 or as a list of numbers"),
        ] {
            let error = read(&json!({ "data": rows }), 2).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(read(&json!({ "object": "list" }), 1).unwrap_err().contains("data"));
    }
}
