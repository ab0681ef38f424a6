//! A BERTScore job on the device thread.
//!
//! Every text is encoded once, however many pairs it is in. A pair is ready to match once both its texts are
//! encoded, and a text's states are dropped with its last pair, so a job of 10,000 pairs holds only the states
//! that are still needed.

use std::sync::Arc;

use gpu_bridge_encoder::Tokens;
use gpu_bridge_encoder::bertscore::{self, Idf, Padded, Pair, Score, TokenStates};

use super::answer::Answer;
use super::isolate::Fault;
use crate::batcher::{Class, ModelId, Pass};
use crate::queue::Item;

/// A match moves two texts' states once through a product; in a transformer's terms that is a small share of a pass.
const MATCH_SHARE: usize = 32;

/// Stands where a score will be.
const NO_SCORE: Score = Score { precision: 0.0, recall: 0.0, f1: 0.0 };

/// Two texts to match, by their places among the job's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairPlan {
    /// The candidate.
    pub candidate: u32,
    /// The reference.
    pub reference: u32,
}

/// What the device keeps of a text while pairs need it.
#[derive(Debug)]
pub struct Encoded {
    /// Unit-length rows `[tokens, hidden]`.
    pub states: TokenStates,
    /// One a token.
    pub weights: Vec<f32>,
}

/// See the module.
#[derive(Debug)]
pub struct ScoreJob {
    plan: Arc<ScorePlan>,
    encoded: Vec<Option<Encoded>>,
    /// Pairs that still need the text.
    uses: Vec<u32>,
    scores: Vec<Score>,
    left: usize,
    answer: Answer<Vec<Score>>,
}

/// Texts and pairs of a job: made on a CPU worker, only read by the device thread.
#[derive(Debug)]
pub struct ScorePlan {
    texts: Vec<Tokens>,
    idf: Option<Idf>,
    pairs: Vec<PairPlan>,
    /// What the reference's padding does to each pair.
    padded: Vec<Padded>,
    /// The pairs each text is in.
    pairs_of: Vec<Vec<u32>>,
}

impl ScorePlan {
    /// Over unique `texts` in the order the pairs need them, and pairs of places among them. Without `idf` tokens weigh
    /// alike.
    pub fn new(texts: Vec<Tokens>, idf: Option<Idf>, pairs: Vec<PairPlan>) -> Self {
        let mut pairs_of = vec![Vec::new(); texts.len()];
        for (index, pair) in (0..).zip(&pairs) {
            pairs_of[pair.candidate as usize].push(index);
            if pair.reference != pair.candidate {
                pairs_of[pair.reference as usize].push(index);
            }
        }
        let tokens = |text: u32| texts[text as usize].len();
        let lengths: Vec<_> =
            pairs.iter().map(|pair| (tokens(pair.candidate), tokens(pair.reference))).collect();
        let padded = bertscore::padded(&lengths);
        Self { texts, idf, pairs, padded, pairs_of }
    }

    /// The text's tokens.
    pub fn text(&self, index: u32) -> &Tokens {
        &self.texts[index as usize]
    }

    /// What the tokens weigh by, if they don't weigh alike.
    pub fn idf(&self) -> Option<&Idf> {
        self.idf.as_ref()
    }

    /// The items to begin with: every text.
    pub fn items(&self, model: ModelId) -> Vec<Item<Class>> {
        let class = Class { model, pass: Pass::Encode };
        let item = |(index, text): (u32, &Tokens)| Item { class, index, tokens: cost(text.len()) };
        (0..).zip(&self.texts).map(item).collect()
    }

    /// What the whole job costs, in tokens.
    pub fn cost(&self) -> u64 {
        let texts: u64 = self.texts.iter().map(|text| u64::from(cost(text.len()))).sum();
        texts + (0..).take(self.pairs.len()).map(|pair| u64::from(self.match_cost(pair))).sum::<u64>()
    }

    fn match_cost(&self, pair: u32) -> u32 {
        let pair = self.pairs[pair as usize];
        cost((self.text(pair.candidate).len() + self.text(pair.reference).len()) / MATCH_SHARE)
    }
}

fn cost(tokens: usize) -> u32 {
    u32::try_from(tokens.max(1)).unwrap_or(u32::MAX)
}

impl ScoreJob {
    /// A job whose answer is one score a pair, in the order of the pairs.
    pub fn new(plan: Arc<ScorePlan>, answer: Answer<Vec<Score>>) -> Self {
        Self {
            encoded: plan.texts.iter().map(|_| None).collect(),
            uses: plan.pairs_of.iter().map(|pairs| cost(pairs.len())).collect(),
            scores: vec![NO_SCORE; plan.pairs.len()],
            left: plan.pairs.len(),
            plan,
            answer,
        }
    }

    /// What the job is made of.
    pub fn plan(&self) -> &Arc<ScorePlan> {
        &self.plan
    }

    /// For the job's clock and progress.
    pub(super) fn answer(&mut self) -> &mut Answer<Vec<Score>> {
        &mut self.answer
    }

    /// Takes an encoded text; gives the matches that became possible, or `None` when the job failed.
    pub fn encoded(
        &mut self,
        index: u32,
        text: Result<Encoded, Fault>,
        model: ModelId,
    ) -> Option<Vec<Item<Class>>> {
        match text {
            Ok(text) => self.encoded[index as usize] = Some(text),
            Err(fault) => {
                self.answer.fail(fault);
                return None;
            }
        }
        let ready = self.plan.pairs_of[index as usize].iter().filter(|pair| self.pair(**pair).is_some());
        let class = Class { model, pass: Pass::Match };
        Some(ready.map(|&index| Item { class, index, tokens: self.plan.match_cost(index) }).collect())
    }

    /// A pair, once both its texts are encoded.
    pub fn pair(&self, index: u32) -> Option<Pair<'_>> {
        let pair = self.plan.pairs.get(index as usize)?;
        let side = |text: u32| {
            let text = self.encoded[text as usize].as_ref()?;
            Some((&text.states, &text.weights[..]))
        };
        let padded = self.plan.padded[index as usize];
        Some(Pair { candidate: side(pair.candidate)?, reference: side(pair.reference)?, padded })
    }

    /// Takes a pair's score. Says whether the job is over.
    pub fn matched(&mut self, index: u32, score: Result<Score, Fault>) -> bool {
        match score {
            Err(fault) => return self.answer.fail(fault),
            Ok(score) => self.scores[index as usize] = score,
        }
        let pair = self.plan.pairs[index as usize];
        self.release(pair.candidate);
        if pair.reference != pair.candidate {
            self.release(pair.reference);
        }
        self.left -= 1;
        self.left == 0 && self.answer.give(std::mem::take(&mut self.scores))
    }

    fn release(&mut self, text: u32) {
        let uses = &mut self.uses[text as usize];
        *uses -= 1;
        if *uses == 0 {
            self.encoded[text as usize] = None;
        }
    }
}
