//! Many loads, uses and unloads at once, in paused time, against a device that counts what it holds.
//!
//! The budget must hold at every moment, nothing in use may be freed, and everybody must come to an end.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

use super::*;

const LIMIT: u64 = 100;
const WORKERS: u64 = 8;
const STEPS: usize = 20;

/// Numbers that follow from a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    async fn pause(&mut self) {
        sleep(Duration::from_millis(self.below(20))).await;
    }
}

/// What is on the device, and who uses it.
#[derive(Default)]
struct Device {
    models: Mutex<BTreeMap<ModelId, (u64, usize)>>,
    freed: Mutex<usize>,
}

impl Device {
    fn install(&self, id: ModelId, bytes: u64) {
        let mut models = self.models.lock();
        models.insert(id, (bytes, 0));
        let held: u64 = models.values().map(|(bytes, _)| bytes).sum();
        assert!(held <= LIMIT, "{held} bytes are on the device");
    }

    fn count(&self, id: ModelId, change: impl FnOnce(&mut usize)) {
        let mut models = self.models.lock();
        change(&mut models.get_mut(&id).expect("a model in use is on the device").1);
    }

    fn some(&self, numbers: &mut Numbers) -> Option<ModelId> {
        let models = self.models.lock();
        let place = numbers.below(models.len().max(1) as u64);
        models.keys().nth(place as usize).copied()
    }
}

impl Free for Device {
    async fn free(&self, id: ModelId, _: &ModelKey) {
        sleep(Duration::from_millis(id.0 % 7)).await;
        let (_, uses) = self.models.lock().remove(&id).expect("a model is freed once");
        assert_eq!(uses, 0, "a model in use was freed");
        *self.freed.lock() += 1;
    }
}

struct World {
    memory: Arc<Memory>,
    device: Device,
    next: Mutex<u64>,
}

fn key(id: ModelId) -> ModelKey {
    ModelKey::embed(&format!("m{}", id.0).parse().unwrap())
}

impl World {
    async fn worker(&self, seed: u64) {
        let mut numbers = Numbers(seed);
        for _ in 0..STEPS {
            match numbers.below(4) {
                0 | 1 => self.load(&mut numbers).await,
                2 => self.again(&mut numbers).await,
                _ => self.unload(&mut numbers).await,
            }
        }
    }

    fn new_id(&self) -> ModelId {
        let mut next = self.next.lock();
        *next += 1;
        ModelId(*next)
    }

    /// Loads a model of any size, uses it and leaves it there; one load in eight fails.
    async fn load(&self, numbers: &mut Numbers) {
        let (id, estimate) = (self.new_id(), 1 + numbers.below(60));
        let exact = 1 + numbers.below(estimate + 10);
        let seat = self.memory.seat(id, key(id), numbers.below(4) == 0);
        let lease = self.memory.lease(id).unwrap();
        if self.memory.make_room(id, estimate, &self.device).await.is_err() {
            return;
        }
        numbers.pause().await;
        let more = exact.saturating_sub(estimate);
        if numbers.below(8) == 0 || self.memory.make_room(id, more, &self.device).await.is_err() {
            return;
        }
        self.device.install(id, exact);
        seat.ready(exact);
        self.hold(id, lease, numbers).await;
    }

    async fn again(&self, numbers: &mut Numbers) {
        let Some(id) = self.device.some(numbers) else { return };
        if let Some(lease) = self.memory.lease(id) {
            self.hold(id, lease, numbers).await;
        }
    }

    async fn hold(&self, id: ModelId, lease: Lease, numbers: &mut Numbers) {
        self.device.count(id, |uses| *uses += 1);
        numbers.pause().await;
        self.device.count(id, |uses| *uses -= 1);
        drop(lease);
    }

    async fn unload(&self, numbers: &mut Numbers) {
        let Some(id) = self.device.some(numbers) else { return };
        self.memory.retire(id, &key(id), &self.device).await;
    }
}

/// A load that fails for want of memory the first time it is tried.
async fn fails_once(memory: &Memory, device: &Device) -> (Result<(), Failure>, usize) {
    let attempts = Mutex::new(0);
    let attempt = || {
        *attempts.lock() += 1;
        let full = *attempts.lock() == 1;
        async move { if full { Err(Failure::OutOfMemory("The device is full.".into())) } else { Ok(()) } }
    };
    let outcome = memory.retried(10, device, attempt).await;
    (outcome, attempts.into_inner())
}

#[tokio::test(start_paused = true)]
async fn where_the_device_is_full_idle_models_go_and_the_load_is_tried_once_more() {
    let (memory, device, id) = (Memory::new(None), Device::default(), ModelId(1));
    let (outcome, attempts) = fails_once(&memory, &device).await;
    assert!(matches!(outcome, Err(Failure::OutOfMemory(_))) && attempts == 1, "there was nothing to free");
    let seat = memory.seat(id, key(id), true);
    memory.make_room(id, 40, &device).await.unwrap();
    device.install(id, 40);
    seat.ready(40);
    let lease = memory.lease(id).unwrap();
    assert_eq!(fails_once(&memory, &device).await.1, 1, "what was there is in use");
    drop(lease);
    let (outcome, attempts) = fails_once(&memory, &device).await;
    assert!(outcome.is_ok() && attempts == 2 && *device.freed.lock() == 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_budget_holds_nothing_in_use_goes_and_nobody_waits_for_ever(seed in any::<u64>()) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let freed = runtime.block_on(async {
            let device = Device::default();
            let world = World { memory: Memory::new(Some(LIMIT)), device, next: Mutex::new(0) };
            let workers = (0..WORKERS).map(|worker| world.worker(seed.wrapping_add(worker)));
            let done = timeout(Duration::from_secs(3600), join_all(workers)).await;
            assert!(done.is_ok(), "somebody waits for ever");
            *world.device.freed.lock()
        });
        prop_assert!(freed > 0, "nothing ever had to go: the test shows nothing");
    }
}
