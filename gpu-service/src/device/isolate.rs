//! Keeps one bad item from taking its neighbours along.
//!
//! A batch mixes requests of several callers. Where it fails, for whatever reason (a panic included), it is halved and
//! run again until what is to blame stands alone. Only a broken device isn't asked again.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why the device gave no result for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Its memory is full, even for the item alone.
    OutOfMemory(String),
    /// The item alone gives NaN or infinity. Its place in the request, where it has one.
    NonFinite(Option<usize>),
    /// The device itself is broken, and stays so.
    Broken(String),
    /// Anything else, in words.
    Failed(String),
}

impl Fault {
    /// The same, of the item at this place in its request.
    pub(super) fn of_item(self, index: usize) -> Self {
        match self {
            Self::NonFinite(None) => Self::NonFinite(Some(index)),
            other => other,
        }
    }

    /// Whether a smaller batch may do better.
    fn halves(&self) -> bool {
        !matches!(self, Self::Broken(_))
    }
}

/// Runs `pass` over `items` and gives each its own result, in order.
pub fn isolate<T, R>(
    items: &[T],
    pass: &mut impl FnMut(&[T]) -> Result<Vec<R>, Fault>,
) -> Vec<Result<R, Fault>> {
    match guarded(items, pass) {
        Ok(results) => results.into_iter().map(Ok).collect(),
        Err(fault) if fault.halves() && items.len() > 1 => {
            let (left, right) = items.split_at(items.len() / 2);
            let mut results = isolate(left, pass);
            results.extend(isolate(right, pass));
            results
        }
        Err(fault) => items.iter().map(|_| Err(fault.clone())).collect(),
    }
}

fn guarded<T, R>(items: &[T], pass: &mut impl FnMut(&[T]) -> Result<Vec<R>, Fault>) -> Result<Vec<R>, Fault> {
    let results = catch_unwind(AssertUnwindSafe(|| pass(items)))
        .unwrap_or_else(|_| Err(Fault::Failed("the batch panicked; the log says where".to_owned())))?;
    if results.len() == items.len() {
        return Ok(results);
    }
    Err(Fault::Failed(format!("{} results came back for {} items", results.len(), items.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Fault {
        Fault::OutOfMemory("no room".into())
    }

    #[test]
    fn a_batch_that_is_too_large_is_halved_until_it_fits() {
        let mut sizes = Vec::new();
        let results = isolate(&[1, 2, 3, 4, 5], &mut |batch: &[i32]| {
            sizes.push(batch.len());
            if batch.len() > 2 { Err(memory()) } else { Ok(batch.to_vec()) }
        });
        assert_eq!(results, [1, 2, 3, 4, 5].map(Ok));
        assert_eq!(sizes, [5, 2, 3, 1, 2]);
    }

    #[test]
    fn only_the_item_to_blame_fails() {
        let nan = Fault::NonFinite(None);
        let results = isolate(&[1, 2, 3], &mut |batch: &[i32]| {
            if batch.contains(&2) { Err(nan.clone()) } else { Ok(batch.to_vec()) }
        });
        assert_eq!(results, [Ok(1), Err(nan), Ok(3)]);
    }

    #[test]
    fn an_item_that_never_fits_says_so() {
        let results = isolate(&[1], &mut |_: &[i32]| Err::<Vec<i32>, _>(memory()));
        assert_eq!(results, [Err(memory())]);
    }

    #[test]
    fn a_panic_fails_only_its_item_and_the_next_batch_runs() {
        let mut pass = |batch: &[i32]| {
            assert!(!batch.contains(&1), "boom");
            Ok(batch.to_vec())
        };
        let results = isolate(&[1, 2, 3], &mut pass);
        assert!(
            matches!(&results[0], Err(Fault::Failed(reason)) if reason.contains("panicked")),
            "{results:?}"
        );
        assert_eq!(results[1..], [Ok(2), Ok(3)]);
        assert_eq!(isolate(&[3], &mut pass), [Ok(3)]);
    }

    #[test]
    fn a_broken_device_is_asked_once() {
        let mut calls = 0;
        let results = isolate(&[1, 2, 3], &mut |_: &[i32]| {
            calls += 1;
            Err::<Vec<i32>, _>(Fault::Broken("an illegal address".into()))
        });
        assert_eq!((calls, results.len()), (1, 3));
        assert!(results.iter().all(Result::is_err));
    }

    #[test]
    fn results_that_do_not_match_the_items_are_a_failure_not_a_shift() {
        let results = isolate(&[1, 2], &mut |_: &[i32]| Ok(vec![7, 8, 9]));
        assert!(matches!(&results[1], Err(Fault::Failed(reason)) if reason.contains("3 results")));
    }
}
