//! What may befall a host for a while, and what it then does with a request.

use std::time::Duration;

use gpu_bridge_core::{HostReply, HostRequest, TransportError};
use http::HeaderValue;
use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use serde_json::json;

use crate::support::service::Service;
use crate::support::*;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mood {
    Sound,
    Slow,
    Dead,
    Hanging,
    Failing,
    Parked,
    /// 429 with a date, by a clock that is hours off.
    Throttled,
    Draining,
    Locked,
    /// The connection breaks before the answer is there.
    Lost,
    /// The answer breaks off, and nobody says so.
    Cut,
    Wrong,
}

const MOODS: [Mood; 12] = [
    Mood::Sound,
    Mood::Slow,
    Mood::Dead,
    Mood::Hanging,
    Mood::Failing,
    Mood::Parked,
    Mood::Throttled,
    Mood::Draining,
    Mood::Locked,
    Mood::Lost,
    Mood::Cut,
    Mood::Wrong,
];

/// What a host is, whatever its mood.
pub(crate) struct Nature {
    pub(crate) service: Service,
    /// Tokens a second, any number of requests at a time.
    pub(crate) speed: f64,
    pub(crate) latency: Duration,
}

impl Nature {
    pub(crate) fn random(rng: &mut StdRng, latency: u64) -> Self {
        let (speed, latency) = (rng.random_range(2e3..4e4), ms(rng.random_range(1..latency)));
        Self { service: Service::new(speed), speed, latency }
    }

    fn sound(&self, request: &HostRequest) -> (Duration, HostReply) {
        let (tokens, reply) = self.service.answer(request);
        (self.latency + Duration::from_secs_f64(tokens / self.speed), reply)
    }

    /// Always well.
    pub(crate) fn steady(self) -> Host {
        Box::new(move |request, _| {
            let (after, reply) = self.sound(request);
            Reaction::Reply(after, reply)
        })
    }

    /// Changes its mood every few seconds, until the fleet has been there for so long; then it stays well.
    pub(crate) fn moody(self, rng: &mut impl Rng, until: Duration) -> Host {
        let moods: Vec<_> = (0..40).map(|_| MOODS[rng.random_range(0..MOODS.len())]).collect();
        let each = rng.random_range(1..12);
        Box::new(move |request, at| {
            let mood =
                if at < until { moods[(at.as_secs() / each) as usize % moods.len()] } else { Mood::Sound };
            let whole = u128::from(each) * 1_000_000_000;
            let left = Duration::from_nanos((whole - at.as_nanos() % whole) as u64);
            mood.react(&self, request, left)
        })
    }
}

impl Mood {
    /// `left`: how long the mood lasts yet.
    fn react(self, nature: &Nature, request: &HostRequest, left: Duration) -> Reaction {
        let health = request.url.path() == "/health";
        let (after, sound) = nature.sound(request);
        let lost = || TransportError::ConnectionLost("cut".to_owned());
        let answer = match self {
            Self::Slow if !health => return Reaction::Reply(Duration::from_secs(6) + after, sound),
            Self::Dead => return Reaction::Fail(ms(1), TransportError::Unreachable("refused".to_owned())),
            // Stopped, and then either resumed or restarted.
            Self::Hanging if left.as_secs().is_multiple_of(2) => return Reaction::Reply(left + after, sound),
            Self::Hanging => return Reaction::Fail(left, lost()),
            Self::Lost => return Reaction::Fail(after, lost()),
            Self::Draining => draining(health),
            Self::Failing if !health => refusal(500, "inference_failed"),
            Self::Parked if !health => parked(3),
            Self::Throttled if !health => throttled(),
            Self::Locked if !health => refusal(401, "unauthorized"),
            Self::Cut if !health => return Reaction::Reply(after, cut(sound)),
            Self::Wrong if !health => reply(200, &json!({ "hello": "world" })),
            _ => return Reaction::Reply(after, sound),
        };
        Reaction::Reply(nature.latency, answer)
    }
}

fn draining(health: bool) -> HostReply {
    let body = match health {
        true => json!({ "status": "draining", "device": "cpu" }),
        false => json!({ "detail": "Stopping.", "code": "draining" }),
    };
    let mut reply = reply(503, &body);
    reply.headers.insert("retry-after", 2.into());
    reply
}

fn throttled() -> HostReply {
    let mut reply = refusal(429, "overloaded");
    reply.headers.insert("date", HeaderValue::from_static("Mon, 23 Nov 2026 03:00:00 GMT"));
    reply.headers.insert("retry-after", HeaderValue::from_static("Mon, 23 Nov 2026 03:00:04 GMT"));
    reply
}

fn cut(mut reply: HostReply) -> HostReply {
    reply.body.truncate(reply.body.len() / 2);
    reply
}
