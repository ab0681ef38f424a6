//! Whether a call that failed could have been served.
//!
//! It could, by a host that was nothing but well from the beginning of the call to its end, that takes the work, that
//! holds the model which the call is bound to, and that hadn't asked to be left alone. Such a host may have a bad name
//! from before; then it is asked last, but it is asked. What the others may cost the call until then is counted in full
//! and twice, so that a call which ran out of time is excused only where it really may have.

use std::collections::BTreeSet;
use std::time::Duration;

use gpu_bridge_core::Error;

use crate::call::{Call, Ended, Task};
use crate::exchange::{Exchange, Fate};
use crate::mood::{KEEPALIVE, Mood, SLOWNESS};
use crate::network::{Host, Network};

/// Callers that wait for the same host come back spread over this long.
const SPREAD: Duration = Duration::from_millis(60);
/// A host that hangs is left after a second of silence and a health check, if another is known to be well.
const HANG: Duration = Duration::from_secs(8);
/// How long it takes at most to see that a host which was stopping is there again: a health check that is under way, and the
/// next one.
pub(crate) const SEEN: Duration = Duration::from_secs(12);
/// Longer than it takes to learn that a host is well again, whatever it was before.
const REHABILITATION: Duration = Duration::from_secs(45);
/// Large calls wait for the retry budget: until what others spent is earned again,
const UNPAID: Duration = Duration::from_secs(11);
/// and for each of their own slices that failed, for two a second are always paid.
const UNPAID_EACH: Duration = Duration::from_millis(500);
/// Estimated tokens of the smallest slice, in the host's tokens.
const LEAST: u64 = 600;

/// See the module.
pub(crate) struct Oracle<'a> {
    pub(crate) network: &'a Network,
    pub(crate) call: &'a Call,
    pub(crate) ended: &'a Ended,
    /// As of the end of the call.
    pub(crate) log: &'a [Exchange],
}

impl Oracle<'_> {
    /// Fails where the call did so without need, or gave a wrong reason.
    pub(crate) fn check(&self, error: &Error) {
        let in_time = |host: &usize| match error.code() {
            "timeout" => self.free(*host) + self.service(*host) < self.deadline(),
            "overloaded" => self.free(*host) + SPREAD < self.deadline(),
            _ => true,
        };
        if !is_unpaid(error) {
            let served = self.present().into_iter().filter(|&host| self.is_able(host)).find(in_time);
            assert_eq!(served, None, "a host could have served {}\n{error}", self.story());
        }
        self.check_models(error);
        self.check_lookup(error);
    }

    /// Where nobody that is known can serve it, DNS was asked for others, if it said something in time.
    fn check_lookup(&self, error: &Error) {
        let is_late = self.network.roll().last().is_none_or(|last| last < self.ended.begun);
        if self.network.hosts.iter().any(|host| host.listed.is_some()) && is_late {
            let is_excused =
                error.code() == "timeout" || self.ended.at >= self.deadline() || is_unpaid(error);
            assert!(is_excused, "nobody looked for other hosts for {}\n{error}", self.story());
        }
    }

    /// The hosts that the bridge had known for a moment when the call ended.
    fn present(&self) -> Vec<usize> {
        let roll = self.network.roll();
        let known = roll.present().filter(|(_, stay)| stay.come.0 < self.ended.at);
        known.map(|(_, stay)| stay.host).collect()
    }

    /// What the call has been through, for people.
    fn story(&self) -> String {
        let own = self.log.iter().filter(|seen| seen.call == Some(self.call.number));
        let own: Vec<_> = own.map(|seen| format!("  {seen:?}")).collect();
        let Ended { begun, at, .. } = self.ended;
        format!("{:?}, from {begun:?} to {at:?}:\n{}", self.call, own.join("\n"))
    }

    /// `model_mismatch` is what is said exactly where answers of several models came.
    fn check_models(&self, error: &Error) {
        let models: BTreeSet<_> = self.answered().map(|seen| self.host(seen.host).nature.model).collect();
        if !["timeout", "overloaded"].contains(&error.code()) && !is_unpaid(error) {
            assert_eq!(
                models.len() > 1,
                error.code() == "model_mismatch",
                "{models:?} {}: {error}",
                self.story()
            );
        }
    }

    /// Whether it would have answered whenever it was asked, from when it was known on.
    fn is_able(&self, host: usize) -> bool {
        let Host { nature, script, .. } = self.host(host);
        let fits = nature.most
            >= match self.call.task {
                Task::BertScore { idf: true } => self.call.items,
                Task::BertScore { idf: false } => self.call.items.min(64),
                _ => 1,
            };
        fits && self.is_of_model(nature.model) && script.is_sound(self.since(host), self.ended.at)
    }

    /// Whether the first answers that came, if any did, are of this model.
    fn is_of_model(&self, model: usize) -> bool {
        let first = self.answered().filter_map(Exchange::end_at).min();
        let mut bound = self.answered().filter(|seen| seen.end_at() == first);
        bound.all(|seen| self.host(seen.host).nature.model == model)
    }

    fn answered(&self) -> impl Iterator<Item = &Exchange> {
        let own = self.log.iter().filter(|seen| seen.call == Some(self.call.number));
        own.filter(|seen| matches!(seen.end, Some((.., Fate::Good))))
    }

    /// From when on the call could have asked it.
    fn since(&self, host: usize) -> Duration {
        let roll = self.network.roll();
        let known = roll.present().find(|(_, stay)| stay.host == host);
        known.map_or(Duration::ZERO, |(_, stay)| stay.come.0).max(self.ended.begun)
    }

    /// When it may be asked.
    fn free(&self, host: usize) -> Duration {
        let stay = self.network.roll().stay(host);
        let of_host = self.log.iter().filter(|seen| seen.stay == stay);
        let parked = of_host.filter_map(|seen| self.parks_until(seen)).max();
        parked.unwrap_or_default().max(self.since(host))
    }

    /// Until when a request had the host left alone: where it was stopping, not for long after it was started again.
    fn parks_until(&self, seen: &Exchange) -> Option<Duration> {
        let until = seen.parks_until(self.call.number)?;
        let back = self.host(seen.host).script.sound_since(self.since(seen.host)) + SEEN;
        Some(if matches!(seen.end, Some((.., Fate::Stopping(_)))) { until.min(back) } else { until })
    }

    /// How long it may take until all is served, at worst, from the moment that it may be asked.
    fn service(&self, host: usize) -> Duration {
        let nature = &self.host(host).nature;
        let slices = self.call.tokens() / LEAST + 1 + (self.call.items / nature.most) as u64 * 2;
        let own = nature.takes(self.call.tokens()) + nature.latency * slices as u32;
        let others = (0..self.network.hosts.len()).filter(|&other| other != host);
        let held: Duration = others.map(|other| self.hold(other, host)).sum();
        own + held * 2 + if self.call.items > 3 { self.unpaid() } else { Duration::from_secs(1) }
    }

    /// How long the call may wait for the retry budget.
    fn unpaid(&self) -> Duration {
        let own = self.log.iter().filter(|seen| seen.call == Some(self.call.number));
        let failed = own.filter(|seen| {
            matches!(seen.fate_before(usize::MAX), Some(Fate::Failed | Fate::Lost | Fate::Dropped))
        });
        UNPAID + UNPAID_EACH.saturating_mul(u32::try_from(failed.count()).unwrap_or(u32::MAX))
    }

    /// How long a host may keep the call from going on to the other.
    fn hold(&self, host: usize, other: usize) -> Duration {
        let (Host { nature, script, .. }, begun) = (self.host(host), self.ended.begun);
        let since = begun.saturating_sub(REHABILITATION);
        let is_known = self.host(other).script.is_sound(since, begun)
            && self.free(other) == begun
            && self.since(other) == begun;
        let usual = nature.takes(self.call.tokens());
        let held = script.during(begun, self.ended.at).map(|mood| match mood {
            Mood::Slow => SLOWNESS + usual,
            Mood::Hanging | Mood::Unplugged if is_known => HANG,
            Mood::Hanging => script.each() + usual,
            Mood::Unplugged => script.each() + KEEPALIVE,
            _ => usual,
        });
        held.max().unwrap_or_default() * self.network.roll().count(host, begun) as u32
    }

    fn deadline(&self) -> Duration {
        self.ended.begun + self.call.timeout
    }

    fn host(&self, host: usize) -> &Host {
        &self.network.hosts[host]
    }
}

/// Whether the call failed because too many others did.
pub(crate) fn is_unpaid(error: &Error) -> bool {
    error.to_string().contains("the retry budget")
}
