//! One call of the simulation: what it asks for, and how its caller goes away.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gpu_bridge_core::protocol::{BertScoreRequest, Document, EmbedRequest, References, RerankRequest};
use gpu_bridge_core::{CallOptions, CancellationToken, Error, OnProgress};
use rand::RngExt;
use rand::rngs::StdRng;
use tokio::time::{sleep, timeout};

use crate::answer;
use crate::question::{text, tokens};
use crate::world::World;

/// Of calls that name none.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(45);

/// What a call asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Task {
    Embed,
    BertScore { idf: bool },
    Rerank,
}

/// How the caller goes away, and after how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Leave {
    Never,
    Drops(Duration),
    Cancels(Duration),
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) number: usize,
    pub(crate) start: Duration,
    pub(crate) task: Task,
    pub(crate) items: usize,
    letters: usize,
    pub(crate) timeout: Duration,
    pub(crate) leave: Leave,
    /// Items done, as told.
    progress: Arc<Mutex<Vec<usize>>>,
}

/// How a call ended, and when.
pub(crate) struct Ended {
    pub(crate) result: Result<(), Error>,
    pub(crate) begun: Duration,
    pub(crate) at: Duration,
}

impl Call {
    /// The call of this `number`, which begins `within` so long; one in so many is `large`.
    pub(crate) fn random(number: usize, rng: &mut StdRng, within: Duration, large: u32) -> Self {
        let large = rng.random_ratio(1, large);
        let task = match rng.random_range(0..10) {
            0..2 => Task::BertScore { idf: rng.random_bool(0.3) },
            2..4 => Task::Rerank,
            _ => Task::Embed,
        };
        Self {
            number,
            // Many begin at the same moment as others.
            start: Duration::from_millis((within.mul_f64(rng.random()).as_millis() / 500 * 500) as u64),
            task,
            items: if large { rng.random_range(70..170) } else { rng.random_range(1..4) },
            letters: if large { 120 } else { 20 },
            timeout: match rng.random_range(0..20) {
                0 => millis(rng, 30),
                1..3 => millis(rng, 4_000),
                3..5 => Duration::from_secs(150),
                _ => TIMEOUT,
            },
            leave: match rng.random_range(0..20) {
                0 => Leave::Drops(millis(rng, 4_000)),
                1..3 => Leave::Cancels(millis(rng, 4_000)),
                _ => Leave::Never,
            },
            progress: Arc::default(),
        }
    }

    /// Makes the call, and has it checked that its end was right.
    pub(crate) async fn make(self: Arc<Self>, world: Arc<World>) {
        sleep(self.start).await;
        let (begun, cancel) = (world.network.now(), CancellationToken::new());
        let asked = self.ask(&world, cancel.clone());
        let ended = match self.leave {
            Leave::Never => Some(asked.await),
            Leave::Drops(after) => timeout(after, asked).await.ok(),
            Leave::Cancels(after) => {
                let cancels = async {
                    sleep(after).await;
                    cancel.cancel();
                    std::future::pending::<()>().await;
                };
                Some(tokio::select! { ended = asked => ended, () = cancels => unreachable!() })
            }
        };
        let ended = ended.map(|result| Ended { result, begun, at: world.network.now() });
        world.check_end(&self, ended.as_ref());
    }

    /// By when it has to end.
    pub(crate) fn patience(&self) -> Duration {
        match self.leave {
            Leave::Cancels(after) => after.min(self.timeout),
            _ => self.timeout,
        }
    }

    /// The cost of its items, as hosts count it.
    pub(crate) fn tokens(&self) -> u64 {
        (0..self.items).map(|item| tokens(&text(item, self.number, self.letters))).sum()
    }

    async fn ask(&self, world: &World, cancel: CancellationToken) -> Result<(), Error> {
        let told = Arc::clone(&self.progress);
        let on_progress = OnProgress::new(move |progress| told.lock().unwrap().push(progress.done));
        let timeout = (self.timeout != TIMEOUT).then_some(self.timeout);
        let options = CallOptions { timeout, cancel, on_progress: Some(on_progress), ..Default::default() };
        let texts: Vec<_> = (0..self.items).map(|item| text(item, self.number, self.letters)).collect();
        match self.task {
            Task::Embed => {
                let request = EmbedRequest { texts, ..Default::default() };
                world
                    .bridge
                    .embed(request, options)
                    .await
                    .map(|vectors| answer::check_vectors(self, &vectors))
            }
            Task::BertScore { idf } => {
                let request = pairs(texts, idf);
                world
                    .bridge
                    .bertscore(request, options)
                    .await
                    .map(|scores| answer::check_scores(self, &scores))
            }
            Task::Rerank => {
                let documents = texts.into_iter().map(Document::Bare).collect();
                let request = RerankRequest { query: "q".to_owned(), documents, ..Default::default() };
                world.bridge.rerank(request, options).await.map(|ranks| answer::check_ranks(self, &ranks))
            }
        }
    }

    /// Every slice was told, each on top of those before.
    pub(crate) fn check_progress(&self, whole: bool) {
        let told = self.progress.lock().unwrap();
        assert!(told.is_sorted_by(|one, next| one < next), "progress went back: {told:?}");
        assert!(told.last() == Some(&self.items) || !whole, "progress ended at {told:?}");
    }
}

fn millis(rng: &mut StdRng, most: u64) -> Duration {
    Duration::from_millis(rng.random_range(1..most))
}

fn pairs(texts: Vec<String>, idf: bool) -> BertScoreRequest {
    BertScoreRequest {
        candidates: texts.clone(),
        references: References::Single(texts),
        lang: None,
        model_type: None,
        num_layers: None,
        idf: Some(idf),
        rescale_with_baseline: None,
    }
}
