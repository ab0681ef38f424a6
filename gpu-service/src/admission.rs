//! How many requests are in the house: a bound on the waiting, and the door that closes when the service stops.
//!
//! A request beyond the bound is turned away at once, so that its caller can go to another host while there is time.

use std::sync::Arc;

use tokio::sync::watch;

/// See the module.
#[derive(Debug)]
pub struct Admission {
    limit: usize,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    taken: usize,
    draining: bool,
}

/// Why a request was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// All places are taken.
    Full,
    /// The service is stopping.
    Draining,
}

/// A place; dropping it frees it.
#[derive(Debug)]
pub struct Place {
    admission: Arc<Admission>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.state.send_modify(|state| state.taken -= 1);
    }
}

impl Admission {
    /// With so many places.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, state: watch::Sender::default() })
    }

    /// Takes a place.
    ///
    /// # Errors
    /// When none is free or the door is closed.
    pub fn enter(self: &Arc<Self>) -> Result<Place, Refusal> {
        let mut refusal = None;
        self.state.send_if_modified(|state| {
            refusal = match *state {
                State { draining: true, .. } => Some(Refusal::Draining),
                State { taken, .. } if taken >= self.limit => Some(Refusal::Full),
                _ => None,
            };
            state.taken += usize::from(refusal.is_none());
            refusal.is_none()
        });
        refusal.map_or_else(|| Ok(Place { admission: Arc::clone(self) }), Err)
    }

    /// Closes the door.
    pub fn drain(&self) {
        self.state.send_modify(|state| state.draining = true);
    }

    /// Whether the door is closed.
    pub fn draining(&self) -> bool {
        self.state.borrow().draining
    }

    /// Waits until nobody is left.
    pub async fn empty(&self) {
        // The sender lives as long as `self`, so waiting can't fail.
        drop(self.state.subscribe().wait_for(|state| state.taken == 0).await);
    }

    /// Places there are.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Places taken.
    pub fn taken(&self) -> usize {
        self.state.borrow().taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_out_and_come_back() {
        let admission = Admission::new(2);
        let first = admission.enter().unwrap();
        let _second = admission.enter().unwrap();
        assert_eq!(admission.enter().unwrap_err(), Refusal::Full);
        drop(first);
        assert_eq!(admission.taken(), 1);
        assert!(admission.enter().is_ok());
    }

    #[tokio::test]
    async fn a_closed_door_waits_for_those_inside() {
        let admission = Admission::new(2);
        let place = admission.enter().unwrap();
        admission.drain();
        assert_eq!(admission.enter().unwrap_err(), Refusal::Draining);
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.empty().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(place);
        waiting.await.unwrap();
    }
}
