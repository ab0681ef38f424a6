//! One call of the simulation, and what it may come to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gpu_bridge_core::protocol::{BertScoreResponse, EmbedRequest, References, Vectors};
use gpu_bridge_core::{Bridge, CallOptions, Error};
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::time::Instant;

use crate::support::service::{numbered, tokens};
use crate::support::*;

/// Of calls that name none.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(45);
/// The furthest that the clock jumps at a time.
const JUMP: Duration = Duration::from_secs(9);

/// When the machine woke up.
pub(crate) type Jumps = Arc<Mutex<Vec<Instant>>>;

/// See the module.
pub(crate) struct Call {
    seed: u64,
    start: Duration,
    /// Texts or pairs.
    items: usize,
    letters: usize,
    bertscore: bool,
    timeout: Option<Duration>,
    /// It is dropped after so long.
    dropped: Option<Duration>,
    /// A host is there that can serve it.
    can_be_served: bool,
}

impl Call {
    pub(crate) fn random(seed: u64, rng: &mut StdRng, within: Duration, can_be_served: bool) -> Self {
        let large = rng.random_bool(0.2);
        Self {
            seed,
            start: within.mul_f64(rng.random()),
            items: if large { rng.random_range(70..250) } else { rng.random_range(1..4) },
            letters: if large { 120 } else { 20 },
            bertscore: rng.random_bool(0.2),
            timeout: rng.random_bool(0.1).then(|| ms(rng.random_range(1..4_000))),
            dropped: rng.random_bool(0.1).then(|| ms(rng.random_range(1..4_000))),
            can_be_served,
        }
    }

    pub(crate) async fn make(self, bridge: Bridge, jumps: Jumps) {
        tokio::time::sleep(self.start).await;
        let begun = Instant::now();
        let options = CallOptions { timeout: self.timeout, ..Default::default() };
        let patience = self.dropped.unwrap_or(Duration::from_secs(1_000));
        let Ok(result) = tokio::time::timeout(patience, self.ask(&bridge, options)).await else { return };
        let slept = jumps.lock().unwrap().iter().filter(|&&jump| jump >= begun).count();
        self.check(result, begun.elapsed(), slept as u32);
    }

    async fn ask(&self, bridge: &Bridge, options: CallOptions) -> Result<(), Error> {
        let texts = numbered(self.items, self.letters);
        if self.bertscore {
            let mut request = pairs(0, 0);
            request.references = References::Single(texts.clone());
            request.candidates = texts;
            return bridge.bertscore(request, options).await.map(|scores| self.check_scores(&scores));
        }
        let cost = texts.iter().map(|text| tokens(text)).sum::<f64>() as u64;
        let request = EmbedRequest { texts, ..Default::default() };
        bridge.embed(request, options).await.map(|vectors| self.check_vectors(&vectors, cost))
    }

    /// A failure needs a reason.
    fn check(&self, result: Result<(), Error>, took: Duration, slept: u32) {
        let (seed, limit) = (self.seed, self.timeout.unwrap_or(TIMEOUT));
        assert!(took <= limit + ms(2) + JUMP * slept, "seed {seed}: a call took {took:?} of {limit:?}");
        let Err(error) = result else { return };
        let impatient = self.timeout.is_some() || slept > 0;
        assert!(impatient || !self.can_be_served, "seed {seed}: a sound host was left: {error}");
        if self.can_be_served {
            assert!(["timeout", "overloaded"].contains(&error.code()), "seed {seed}: {error}");
        }
    }

    /// All there, in order, and each counted once.
    fn check_vectors(&self, vectors: &Vectors, cost: u64) {
        let numbers = vectors.data.chunks(2).map(|vector| vector[0] as usize);
        assert!(numbers.eq(0..self.items), "seed {}: vectors out of order", self.seed);
        assert_eq!(vectors.usage.tokens, cost, "seed {}: a slice was answered twice", self.seed);
    }

    /// All there, in order, and in the blocks that the reference would make.
    fn check_scores(&self, scores: &BertScoreResponse) {
        for numbers in [&scores.precision, &scores.recall] {
            let numbers = numbers.iter().map(|&number| number as usize);
            assert!(numbers.eq(0..self.items), "seed {}: scores out of order", self.seed);
        }
        let mut begun = scores.f1.iter().enumerate().map(|(at, &place)| at - place as usize);
        assert!(begun.all(|begun| begun % 64 == 0), "seed {}: a slice began within a block", self.seed);
    }
}
