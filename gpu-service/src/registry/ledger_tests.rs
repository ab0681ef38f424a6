//! The ledger by example and by property; the waiting around it is tested in `memory_tests.rs`.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const A: ModelId = ModelId(1);
const B: ModelId = ModelId(2);
const C: ModelId = ModelId(3);

fn key(id: ModelId) -> ModelKey {
    ModelKey::embed(&format!("m{}", id.0).parse().unwrap())
}

/// A ledger with models in memory, each of so many bytes.
fn ledger(limit: u64, models: &[(ModelId, u64)]) -> Ledger {
    let mut ledger = Ledger::new(Some(limit));
    for (id, bytes) in models {
        ledger.open(*id, key(*id), false);
        assert_eq!(ledger.reserve(*id, *bytes), Room::Granted);
        ledger.ready(*id, *bytes);
    }
    ledger
}

#[test]
fn the_model_used_the_longest_ago_goes_first_and_no_more_than_needed() {
    let mut ledger = ledger(100, &[(A, 40), (B, 40)]);
    assert!(ledger.lease(A));
    ledger.release(A);
    ledger.open(C, key(C), false);
    assert_eq!(ledger.reserve(C, 50), Room::Evict(vec![(B, key(B))]));
    assert_eq!(ledger.reserve(C, 50), Room::Wait, "B is still there");
    assert!(!ledger.lease(B), "nobody gets it any more");
    ledger.gone(B);
    assert_eq!((ledger.reserve(C, 50), ledger.held()), (Room::Granted, 90));
}

#[test]
fn what_is_in_use_stays_and_is_named() {
    let mut ledger = ledger(100 * MIB, &[(A, 60 * MIB)]);
    assert!(ledger.lease(A));
    ledger.open(B, key(B), false);
    let Room::Full(holders) = ledger.reserve(B, 50 * MIB) else { panic!("A went, or there was room") };
    for part in ["needs 50 MiB", "100 MiB", "GPU_MEMORY_BUDGET_MB", "embed:m1 (60 MiB)"] {
        assert!(holders.contains(part), "{holders}");
    }
    ledger.release(A);
    assert!(matches!(ledger.reserve(B, 50 * MIB), Room::Evict(_)));
}

#[test]
fn nobody_goes_for_a_model_that_would_not_fit_anyway() {
    let mut ledger = ledger(100, &[(A, 60), (B, 30)]);
    assert!(ledger.lease(A));
    ledger.open(C, key(C), false);
    assert!(matches!(ledger.reserve(C, 50), Room::Full(_)));
    assert!(ledger.lease(B), "B is still there");
}

#[test]
fn a_default_goes_after_the_others() {
    let mut ledger = Ledger::new(Some(100));
    for (id, default) in [(A, true), (B, false)] {
        ledger.open(id, key(id), default);
        assert_eq!(ledger.reserve(id, 50), Room::Granted);
        ledger.ready(id, 50);
    }
    ledger.open(C, key(C), false);
    assert_eq!(ledger.reserve(C, 50), Room::Evict(vec![(B, key(B))]));
}

#[test]
fn the_exact_size_takes_the_place_of_the_estimate() {
    let mut ledger = Ledger::new(Some(100));
    ledger.open(A, key(A), false);
    assert_eq!(ledger.reserve(A, 80), Room::Granted);
    ledger.ready(A, 60);
    assert_eq!(ledger.held(), 60);
}

#[test]
fn where_the_device_is_full_idle_models_go_whatever_the_budget() {
    let mut ledger = ledger(u64::MAX, &[(A, 40), (B, 40)]);
    assert!(ledger.lease(B));
    assert_eq!(ledger.evict(70), vec![(A, key(A))]);
    assert!(ledger.evict(70).is_empty());
}

/// What a model in the simulation is known to be.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    bytes: u64,
    uses: usize,
    ready: bool,
    leaving: bool,
}

proptest! {
    #[test]
    fn the_limit_holds_and_what_is_in_use_stays(
        limit in 1..200_u64,
        steps in prop::collection::vec((0..6_u8, 0..6_u64, 0..120_u64), 1..200),
    ) {
        let mut ledger = Ledger::new(Some(limit));
        let mut models: BTreeMap<ModelId, Known> = BTreeMap::new();
        for (action, id, bytes) in steps {
            let id = ModelId(id);
            step(&mut ledger, &mut models, action, id, bytes)?;
            let held = models.values().map(|known| known.bytes).sum::<u64>();
            prop_assert_eq!(ledger.held(), held);
            prop_assert!(held <= limit, "{} of {} bytes", held, limit);
        }
    }
}

fn step(
    ledger: &mut Ledger,
    models: &mut BTreeMap<ModelId, Known>,
    action: u8,
    id: ModelId,
    bytes: u64,
) -> Result<(), TestCaseError> {
    let known = models.get(&id).copied();
    match (action, known) {
        (0, None) => {
            ledger.open(id, key(id), id.0 == 0);
            models.insert(id, Known::default());
        }
        (1, Some(Known { ready: false, .. })) => match ledger.reserve(id, bytes) {
            Room::Granted => models.get_mut(&id).unwrap().bytes += bytes,
            Room::Evict(victims) => send_off(models, victims)?,
            Room::Wait => prop_assert!(models.values().any(|known| known.leaving)),
            Room::Full(_) => {}
        },
        (2, Some(known)) if !known.leaving && known.bytes > 0 => {
            ledger.ready(id, known.bytes);
            models.get_mut(&id).unwrap().ready = true;
        }
        (3, Some(known)) => {
            prop_assert_eq!(ledger.lease(id), !known.leaving);
            models.get_mut(&id).unwrap().uses += usize::from(!known.leaving);
        }
        (4, Some(known)) if known.uses > 0 => {
            ledger.release(id);
            models.get_mut(&id).unwrap().uses -= 1;
        }
        (5, Some(known)) if known.leaving => {
            ledger.gone(id);
            models.remove(&id);
        }
        _ => {}
    }
    Ok(())
}

fn send_off(
    models: &mut BTreeMap<ModelId, Known>,
    victims: Vec<(ModelId, ModelKey)>,
) -> Result<(), TestCaseError> {
    prop_assert!(!victims.is_empty());
    for (victim, _) in victims {
        let known = models.get_mut(&victim).unwrap();
        prop_assert!(known.ready && known.uses == 0 && !known.leaving, "{:?} had to go", known);
        known.leaving = true;
    }
    Ok(())
}
