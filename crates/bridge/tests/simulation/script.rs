//! What befalls a host in the course of a simulation: one mood after the other, and from the end of the storm on it
//! is well. A function of time alone, so that one can ask what a host would have done at any instant.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::mood::{AWAY, MOODS, Moment, Mood};

/// How long a host that flaps is there, and then not.
const FLAP: Duration = Duration::from_millis(150);
/// Of a host that has more than one.
const MOST_MOODS: usize = 60;

/// See the module.
pub(crate) struct Script {
    moods: Vec<Mood>,
    each: Duration,
    until: Duration,
}

impl Script {
    /// Always well.
    pub(crate) fn sound() -> Self {
        Self { moods: vec![Mood::Sound], each: Duration::from_secs(1), until: Duration::ZERO }
    }

    /// Changes every few seconds, at most every twelfth, until then.
    pub(crate) fn random(rng: &mut StdRng, until: Duration) -> Self {
        // A host that knows a few moods only meets the same misfortune again and again.
        let known: Vec<_> =
            (0..rng.random_range(1..8)).map(|_| MOODS[rng.random_range(0..MOODS.len())]).collect();
        let mood = |rng: &mut StdRng| match rng.random_bool(0.3) {
            true => Mood::Sound,
            false => known[rng.random_range(0..known.len())],
        };
        let moods = (0..MOST_MOODS).map(|_| mood(rng)).collect();
        Self { moods, each: Duration::from_secs(rng.random_range(1..13)), until }
    }

    /// It isn't always named by DNS.
    pub(crate) fn roam(&mut self, rng: &mut StdRng) {
        let share = rng.random_range(0.05..0.6);
        for mood in &mut self.moods {
            if rng.random_bool(share) {
                *mood = AWAY[rng.random_range(0..AWAY.len())];
            }
        }
    }

    /// What it is like at this time since the beginning.
    pub(crate) fn at(&self, at: Duration) -> Mood {
        if at >= self.until {
            return Mood::Sound;
        }
        match self.moods[self.phase(at) % self.moods.len()] {
            Mood::Flapping if (at.as_nanos() / FLAP.as_nanos()).is_multiple_of(2) => Mood::Dead,
            Mood::Flapping => Mood::Sound,
            mood => mood,
        }
    }

    /// How far its mood has come.
    pub(crate) fn moment(&self, at: Duration) -> Moment {
        let passed = at - self.each * self.phase(at) as u32;
        Moment { at, passed: passed.div_duration_f64(self.each), left: self.each - passed }
    }

    /// Whether it was nothing but well between these times.
    pub(crate) fn is_sound(&self, from: Duration, to: Duration) -> bool {
        self.during(from, to).all(|mood| matches!(mood, Mood::Sound | Mood::Unlisted))
    }

    /// Since when it has been nothing but well at this time.
    pub(crate) fn sound_since(&self, at: Duration) -> Duration {
        let begins = (0..=self.phase(at)).rev().map(|phase| self.each * phase as u32);
        begins.take_while(|&begin| self.is_sound(begin, at)).last().unwrap_or(at)
    }

    /// How long a mood lasts at most.
    pub(crate) fn each(&self) -> Duration {
        self.each
    }

    /// The moods between these times; one that flaps is called so.
    pub(crate) fn during(&self, from: Duration, to: Duration) -> impl Iterator<Item = Mood> + '_ {
        let phases = self.phase(from)..=self.phase(to);
        phases.map(|phase| match self.each * phase as u32 >= self.until {
            true => Mood::Sound,
            false => self.moods[phase % self.moods.len()],
        })
    }

    /// When it goes down next, taking its connections with it, if that is soon enough.
    pub(crate) fn crash(&self, after: Duration, by: Duration) -> Option<Duration> {
        let mut crashes = (self.phase(after)..=self.phase(by)).filter_map(|phase| self.crash_in(phase));
        crashes.find(|&crash| crash > after && crash <= by)
    }

    fn crash_in(&self, phase: usize) -> Option<Duration> {
        let begin = self.each * phase as u32;
        match self.moods[phase % self.moods.len()] {
            _ if begin >= self.until => None,
            Mood::Dead | Mood::Restarting => Some(begin),
            Mood::Retired => Some(begin + self.each / 2),
            Mood::Draining => Some(begin + self.each.mul_f64(0.4)),
            _ => None,
        }
    }

    fn phase(&self, at: Duration) -> usize {
        (at.as_nanos() / self.each.as_nanos()) as usize
    }
}
