use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const BUDGET: Budget = Budget { tokens: 1024, items: 1000 };

fn items(class: u8, tokens: &[u32]) -> Vec<Item<u8>> {
    (0..).zip(tokens).map(|(index, &tokens)| Item { class, index, tokens }).collect()
}

fn jobs(batch: &Batch<u8>) -> Vec<u64> {
    batch.entries.iter().map(|entry| entry.job.0).collect()
}

#[test]
fn a_single_query_rides_in_the_batch_after_it_arrived() {
    let mut queue = Queue::default();
    queue.open(JobId(1), None, items(0, &[30; 10_000]));
    queue.draw(BUDGET).unwrap();
    queue.open(JobId(2), None, items(0, &[256]));
    assert!(jobs(&queue.draw(BUDGET).unwrap()).contains(&2));
}

#[test]
fn a_single_query_on_another_model_waits_for_one_batch() {
    let mut queue = Queue::default();
    queue.open(JobId(1), None, items(0, &[30; 10_000]));
    queue.draw(BUDGET).unwrap();
    queue.open(JobId(2), None, items(1, &[20]));
    let classes: Vec<u8> = (0..2).map(|_| queue.draw(BUDGET).unwrap().class).collect();
    assert!(classes.contains(&1), "{classes:?}");
}

#[test]
fn two_bulk_requests_share_alike_whatever_their_texts_cost() {
    let mut queue = Queue::default();
    queue.open(JobId(1), None, items(0, &[250; 1000]));
    queue.open(JobId(2), None, items(0, &[7; 20_000]));
    let mut shares: HashMap<u64, u64> = HashMap::new();
    for _ in 0..100 {
        for entry in queue.draw(BUDGET).unwrap().entries {
            *shares.entry(entry.job.0).or_default() += u64::from(entry.tokens);
        }
    }
    assert!(shares[&1].abs_diff(shares[&2]) <= 2 * QUANTUM + 250, "{shares:?}");
}

#[test]
fn a_batch_is_sorted_by_length_and_stays_within_the_item_limit() {
    let mut queue = Queue::default();
    queue.open(JobId(1), None, items(0, &[1, 9, 5, 7]));
    let batch = queue.draw(Budget { tokens: 1024, items: 3 }).unwrap();
    assert_eq!(batch.entries.iter().map(|entry| entry.tokens).collect::<Vec<_>>(), [9, 5, 1]);
    assert_eq!(queue.tokens(), 7);
}

#[test]
fn a_text_larger_than_the_budget_gets_a_batch_to_itself() {
    let mut queue = Queue::default();
    queue.open(JobId(1), None, items(0, &[5000]));
    queue.open(JobId(2), None, items(0, &[10]));
    let drawn: Vec<usize> = (0..2).map(|_| queue.draw(BUDGET).unwrap().entries.len()).collect();
    assert_eq!(drawn, [1, 1]);
    assert_eq!(queue.draw(BUDGET), None);
}

#[test]
fn a_closed_lane_costs_nothing_more() {
    let mut queue = Queue::default();
    queue.open(JobId(1), None, items(0, &[10; 100]));
    queue.open(JobId(2), None, items(0, &[10]));
    assert!(queue.close(JobId(1)));
    assert!(!queue.close(JobId(1)));
    assert_eq!(jobs(&queue.draw(BUDGET).unwrap()), [2]);
    assert_eq!((queue.draw(BUDGET), queue.tokens()), (None, 0));
}

#[test]
fn work_that_follows_comes_before_the_rest_of_its_lane() {
    let mut queue = Queue::default();
    queue.open(JobId(1), None, items(0, &[1000, 1000]));
    queue.draw(BUDGET).unwrap();
    queue.add_first(JobId(1), items(1, &[3]));
    let classes: Vec<u8> = (0..2).map(|_| queue.draw(BUDGET).unwrap().class).collect();
    assert_eq!(classes, [1, 0]);
}

#[test]
fn a_lane_is_late_from_its_deadline_on() {
    let mut queue = Queue::default();
    let now = Instant::now();
    queue.open(JobId(1), Some(now + Duration::from_millis(5)), items(0, &[1]));
    queue.open(JobId(2), None, items(0, &[1]));
    assert_eq!(queue.expired(now), []);
    assert_eq!(queue.expired(now + Duration::from_millis(5)), [JobId(1)]);
}

#[derive(Debug, Clone)]
enum Step {
    Open(u8, Vec<u32>),
    AddFirst(usize, u8, Vec<u32>),
    Close(usize),
    Draw,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let costs = || prop::collection::vec(1..600_u32, 1..20);
    let step = prop_oneof![
        (0..3_u8, costs()).prop_map(|(class, costs)| Step::Open(class, costs)),
        (0..8_usize, 0..3_u8, costs()).prop_map(|(job, class, costs)| Step::AddFirst(job, class, costs)),
        (0..8_usize).prop_map(Step::Close),
        Just(Step::Draw),
    ];
    prop::collection::vec(step, 0..60)
}

/// What a queue must hold, kept the slow way: tokens left by job.
#[derive(Default)]
struct Ledger {
    left: HashMap<u64, u64>,
    opened: u64,
}

impl Ledger {
    fn apply(&mut self, queue: &mut Queue<u8>, step: Step) {
        match step {
            Step::Open(class, costs) => {
                self.left.insert(self.opened, costs.iter().copied().map(u64::from).sum());
                queue.open(JobId(self.opened), None, items(class, &costs));
                self.opened += 1;
            }
            Step::AddFirst(job, class, costs) => {
                if let Some(left) = self.left.get_mut(&(job as u64)) {
                    *left += costs.iter().copied().map(u64::from).sum::<u64>();
                }
                queue.add_first(JobId(job as u64), items(class, &costs));
            }
            Step::Close(job) => {
                let known = self.left.remove(&(job as u64)).is_some();
                assert_eq!(queue.close(JobId(job as u64)), known);
            }
            Step::Draw => self.check(queue.draw(BUDGET)),
        }
        assert_eq!(queue.tokens(), self.left.values().sum::<u64>());
    }

    fn check(&mut self, batch: Option<Batch<u8>>) {
        let Some(batch) = batch else { return };
        let tokens: u64 = batch.entries.iter().map(|entry| u64::from(entry.tokens)).sum();
        assert!(tokens <= BUDGET.tokens || batch.entries.len() == 1, "{tokens} tokens");
        for entry in batch.entries {
            *self.left.get_mut(&entry.job.0).unwrap() -= u64::from(entry.tokens);
        }
    }
}

proptest! {
    #[test]
    fn every_item_is_drawn_once_within_the_budget_unless_its_lane_was_closed(steps in steps()) {
        let (mut queue, mut ledger) = (Queue::default(), Ledger::default());
        for step in steps {
            ledger.apply(&mut queue, step);
        }
        while queue.tokens() > 0 {
            let before = queue.tokens();
            ledger.apply(&mut queue, Step::Draw);
            prop_assert!(queue.tokens() < before, "a draw gave nothing");
        }
        prop_assert_eq!(queue.draw(BUDGET), None);
    }

    #[test]
    fn no_lane_of_a_class_falls_behind(costs in prop::collection::vec(1..=256_u32, 2..8)) {
        let mut queue = Queue::default();
        for (job, &cost) in (0..).zip(&costs) {
            queue.open(JobId(job), None, items(0, &vec![cost; (60_000 / cost) as usize]));
        }
        let mut given = vec![0_u64; costs.len()];
        for _ in 0..50 {
            for entry in queue.draw(BUDGET).unwrap().entries {
                given[usize::try_from(entry.job.0).unwrap()] += u64::from(entry.tokens);
            }
        }
        let (least, most) = (given.iter().min().unwrap(), given.iter().max().unwrap());
        prop_assert!(most - least <= 2 * QUANTUM + 256, "{:?}", given);
    }
}
