//! A job on the device thread that gets a row of numbers for each text or pair: a vector, or a score.
//!
//! Rows come in as batches finish, in any order.

use std::cmp::Reverse;
use std::sync::Arc;

use gpu_bridge_encoder::Tokens;

use super::answer::Answer;
use super::isolate::Fault;
use crate::batcher::{Class, ModelId, Pass};
use crate::queue::Item;

/// See the module.
#[derive(Debug)]
pub struct RowJob {
    texts: Arc<Vec<Tokens>>,
    width: usize,
    rows: Vec<f32>,
    left: usize,
    answer: Answer<Vec<f32>>,
}

impl RowJob {
    /// A job over `texts` whose answer is `[texts, width]`, row after row in the order of the texts.
    pub fn new(texts: Arc<Vec<Tokens>>, width: usize, answer: Answer<Vec<f32>>) -> Self {
        let rows = vec![0.0; texts.len() * width];
        Self { left: texts.len(), texts, width, rows, answer }
    }

    /// The texts or pairs, as tokens.
    pub fn texts(&self) -> &Arc<Vec<Tokens>> {
        &self.texts
    }

    /// For the job's clock and progress.
    pub(super) fn answer(&mut self) -> &mut Answer<Vec<f32>> {
        &mut self.answer
    }

    /// Takes one text's result. Says whether the job is over, by its last row or by a fault.
    pub fn take(&mut self, index: usize, result: Result<Vec<f32>, Fault>) -> bool {
        let row = match result {
            Ok(row) if row.len() == self.width => row,
            Ok(row) => return self.answer.fail(self.misfit(row.len())),
            Err(fault) => return self.answer.fail(fault.of_item(index)),
        };
        self.rows[index * self.width..][..self.width].copy_from_slice(&row);
        self.left -= 1;
        self.left == 0 && self.answer.give(std::mem::take(&mut self.rows))
    }

    fn misfit(&self, length: usize) -> Fault {
        Fault::Failed(format!("a row of {length} numbers came back where {} were due", self.width))
    }
}

/// An item a text, longest first: neighbours of like length make the best batches.
pub fn items(model: ModelId, texts: &[Tokens]) -> Vec<Item<Class>> {
    let class = Class { model, pass: Pass::Encode };
    let item = |(index, text): (u32, &Tokens)| Item { class, index, tokens: text.len().max(1) as u32 };
    let mut items: Vec<_> = (0..).zip(texts).map(item).collect();
    items.sort_by_key(|item| Reverse(item.tokens));
    items
}

/// What all texts cost, in tokens.
pub fn cost(texts: &[Tokens]) -> u64 {
    texts.iter().map(|text| text.len().max(1) as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::super::answer::tests::open;
    use super::*;

    fn texts(count: usize) -> Arc<Vec<Tokens>> {
        Arc::new(vec![Tokens::new(vec![101, 102]); count])
    }

    #[test]
    fn rows_land_in_the_order_of_the_texts() {
        let (answer, mut receiver) = open();
        let mut job = RowJob::new(texts(2), 2, answer);
        assert!(!job.take(1, Ok(vec![3.0, 4.0])));
        assert!(job.take(0, Ok(vec![1.0, 2.0])));
        assert_eq!(receiver.try_recv().unwrap().unwrap().value, [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn one_fault_ends_the_job_and_names_its_text() {
        let (answer, mut receiver) = open();
        let mut job = RowJob::new(texts(2), 2, answer);
        assert!(job.take(1, Err(Fault::NonFinite(None))));
        assert_eq!(receiver.try_recv().unwrap().unwrap_err(), Fault::NonFinite(Some(1)));
    }
}
