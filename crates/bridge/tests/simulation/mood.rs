//! What may befall a host for a while, and what it then does with a request.

use std::time::Duration;

use gpu_bridge_core::{HostReply, TransportError};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::exchange::Fate;
use crate::nature::Nature;
use crate::question::Question;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mood {
    Sound,
    /// Takes its time, but answers `/health`.
    Slow,
    /// Refuses connections; what is open breaks at the beginning.
    Dead,
    /// Dead, and then starting.
    Restarting,
    /// Dead and sound by turns.
    Flapping,
    /// Stopped, and then either resumed or restarted.
    Hanging,
    /// Packets go nowhere, and what was sent never comes back.
    Unplugged,
    Failing,
    Parked,
    /// 429 with a date, by a clock that is off.
    Throttled,
    /// Stopping, then gone, and then starting.
    Draining,
    /// It has another key.
    Locked,
    /// The connection breaks before the answer is there.
    Lost,
    /// The answer breaks off, and nobody says so.
    Cut,
    Wrong,
    /// An answer with one item too few.
    Miscounted,
    /// It hasn't got the model.
    Modelless,
    /// It is loading the model.
    Loading,
    /// Redirects.
    Moved,
    /// DNS doesn't name it, though it is well.
    Unlisted,
    /// DNS doesn't name it: it drains, and then is dead.
    Retired,
}

pub(crate) const MOODS: [Mood; 18] = [
    Mood::Slow,
    Mood::Dead,
    Mood::Restarting,
    Mood::Flapping,
    Mood::Hanging,
    Mood::Unplugged,
    Mood::Failing,
    Mood::Parked,
    Mood::Throttled,
    Mood::Draining,
    Mood::Locked,
    Mood::Lost,
    Mood::Cut,
    Mood::Wrong,
    Mood::Miscounted,
    Mood::Modelless,
    Mood::Loading,
    Mood::Moved,
];

/// What befalls a host that DNS has a say about as well.
pub(crate) const AWAY: [Mood; 2] = [Mood::Unlisted, Mood::Retired];

/// When the network finds that a connection is no more.
pub(crate) const KEEPALIVE: Duration = Duration::from_secs(20);
/// What a slow host takes on top.
pub(crate) const SLOWNESS: Duration = Duration::from_secs(6);

/// When a request comes, and what of the mood has passed by then.
pub(crate) struct Moment {
    /// Since the beginning.
    pub(crate) at: Duration,
    /// From 0 to 1.
    pub(crate) passed: f64,
    pub(crate) left: Duration,
}

/// What a host does with a request: after so long, this.
pub(crate) struct Reaction {
    pub(crate) after: Duration,
    pub(crate) answer: Result<HostReply, TransportError>,
    pub(crate) fate: Fate,
}

impl Mood {
    /// Whether it is meant to get no work.
    pub(crate) fn is_away(self) -> bool {
        AWAY.contains(&self)
    }

    pub(crate) fn react(self, nature: &Nature, question: &Question, moment: &Moment) -> Reaction {
        let (health, left) = (question.path == "/health", moment.left);
        let sound = nature.sound(question);
        let quick = |(answer, fate)| Reaction { after: nature.latency, answer: Ok(answer), fate };
        match self {
            Self::Slow if !health => Reaction { after: SLOWNESS + sound.after, ..sound },
            Self::Dead => gone(),
            Self::Restarting if moment.passed < 0.5 => gone(),
            Self::Draining if moment.passed >= 0.7 => quick(stopped(health, "starting")),
            Self::Draining if moment.passed >= 0.4 => gone(),
            Self::Retired if moment.passed >= 0.5 => gone(),
            Self::Restarting => quick(stopped(health, "starting")),
            Self::Hanging if left.as_secs().is_multiple_of(2) => {
                Reaction { after: left + sound.after, ..sound }
            }
            Self::Hanging => lost(left),
            Self::Unplugged => lost(left + KEEPALIVE),
            Self::Lost => lost(sound.after),
            Self::Draining | Self::Retired => quick(stopped(health, "draining")),
            _ if health || question.path == "/status" => sound,
            Self::Locked => quick((refusal(401, "unauthorized"), Fate::Barred)),
            _ if question.path == "/info" => sound,
            Self::Cut if sound.fate == Fate::Good => {
                Reaction { answer: sound.answer.map(cut), fate: Fate::Failed, ..sound }
            }
            Self::Miscounted if sound.fate == Fate::Good => {
                Reaction { fate: Fate::Failed, ..nature.sound(&question.miscounted()) }
            }
            _ => self.refuse(nature, moment.at).map_or(sound, quick),
        }
    }

    /// What it says to any request for work.
    fn refuse(self, nature: &Nature, at: Duration) -> Option<(HostReply, Fate)> {
        Some(match self {
            Self::Failing => (refusal(500, "inference_failed"), Fate::Failed),
            Self::Parked => pausing(refusal(503, "overloaded"), 3),
            Self::Throttled => nature.throttled(at),
            Self::Wrong => (reply(200, &json!({ "hello": "world" })), Fate::Failed),
            Self::Modelless => (refusal(404, "model_not_found"), Fate::Barred),
            Self::Loading => {
                let (reply, _) = pausing(refusal(503, "model_loading"), 1);
                (reply, Fate::Loading(Duration::from_secs(1)))
            }
            Self::Moved => (reply(302, &json!({})), Fate::Failed),
            _ => return None,
        })
    }
}

fn gone() -> Reaction {
    let refused = TransportError::Unreachable("refused".to_owned());
    Reaction { after: Duration::from_millis(1), answer: Err(refused), fate: Fate::Lost }
}

/// The connection breaks after so long.
pub(crate) fn lost(after: Duration) -> Reaction {
    Reaction { after, answer: Err(TransportError::ConnectionLost("cut".to_owned())), fate: Fate::Lost }
}

/// What it says while it starts or stops.
fn stopped(health: bool, word: &str) -> (HostReply, Fate) {
    match (health, word) {
        (true, _) => pausing(reply(503, &json!({ "status": word, "device": "cpu" })), 2),
        (false, "draining") => {
            let (reply, _) = pausing(refusal(503, word), 30);
            (reply, Fate::Stopping(Duration::from_secs(30)))
        }
        (false, _) => pausing(refusal(503, word), 2),
    }
}

fn pausing(mut reply: HostReply, seconds: u64) -> (HostReply, Fate) {
    reply.headers.insert("retry-after", seconds.into());
    (reply, Fate::Paused(Duration::from_secs(seconds)))
}

fn cut(mut reply: HostReply) -> HostReply {
    reply.body.truncate(reply.body.len() / 2);
    reply
}

pub(crate) fn reply(status: u16, body: &Value) -> HostReply {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    HostReply { status, headers, body: body.to_string().into() }
}

/// An error as the service writes it.
pub(crate) fn refusal(status: u16, code: &str) -> HostReply {
    reply(status, &json!({ "detail": "No.", "code": code }))
}
