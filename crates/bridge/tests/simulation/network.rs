//! The simulated fleet in the network's place. It writes down every request and what became of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use gpu_bridge_core::{HostReply, HostRequest, Transport, TransportError};
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use tokio::time::{Instant, sleep};

use crate::exchange::{Exchange, Fate};
use crate::mood::{Reaction, lost};
use crate::nature::Nature;
use crate::question::Question;
use crate::script::Script;

/// A host and what befalls it.
pub(crate) struct Host {
    pub(crate) nature: Nature,
    pub(crate) script: Script,
}

/// See the module. Hosts are at `http://h0`, `http://h1` and so on.
pub(crate) struct Network {
    pub(crate) hosts: Vec<Host>,
    begun: Instant,
    /// The wall clock at the beginning, and by how many seconds it jumps when.
    wall: (SystemTime, Vec<(Duration, i64)>),
    log: Mutex<Vec<Exchange>>,
}

/// A request that is open. Whatever isn't ended is dropped.
struct Open<'a>(&'a Network, usize);

impl Open<'_> {
    fn end(&self, fate: Fate) {
        let (at, mut log) = (self.0.now(), self.0.log());
        let order = log.len();
        log[self.1].end.get_or_insert((at, order, fate));
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.end(Fate::Dropped);
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, request: HostRequest) -> Result<HostReply, TransportError> {
        let host: usize = request.url.host_str().unwrap()[1..].parse().unwrap();
        let question = Question::read(&request);
        let open = self.open(host, &question, &request.headers);
        let Reaction { after, answer, fate } = self.react(host, &question);
        sleep(after).await;
        let answer = answer.map(|reply| self.dated(reply));
        open.end(match (&answer, fate) {
            (Ok(reply), Fate::Paused(_)) => Fate::Paused(pause(&reply.headers)),
            _ => fate,
        });
        answer
    }
}

impl Network {
    pub(crate) fn new(hosts: Vec<Host>, wall: (SystemTime, Vec<(Duration, i64)>)) -> Self {
        Self { hosts, begun: Instant::now(), wall, log: Mutex::default() }
    }

    /// Since the beginning.
    pub(crate) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests of a call whose senders still wait.
    pub(crate) fn open_of(&self, call: Option<usize>) -> usize {
        self.log().iter().filter(|seen| seen.call == call && seen.end.is_none()).count()
    }

    fn open(&self, host: usize, question: &Question, headers: &HeaderMap) -> Open<'_> {
        let left = Duration::from_millis(headers["x-request-deadline-ms"].to_str().unwrap().parse().unwrap());
        let (at, items) = (self.now(), question.items.clone());
        let mut log = self.log();
        log.push(Exchange { host, call: question.call, items, at, left, end: None });
        Open(self, log.len() - 1)
    }

    /// What the host makes of it, unless it goes down before.
    fn react(&self, host: usize, question: &Question) -> Reaction {
        let (Host { nature, script }, at) = (&self.hosts[host], self.now());
        let reaction = script.at(at).react(nature, question, &script.moment(at));
        match script.crash(at, at + reaction.after) {
            Some(crash) => lost(crash - at),
            None => reaction,
        }
    }

    /// Says when the answer came, where the host doesn't say when it was sent.
    fn dated(&self, mut reply: HostReply) -> HostReply {
        let now = self.now();
        let jumps = self.wall.1.iter().filter(|(at, _)| *at <= now);
        let off: i64 = jumps.map(|(_, by)| by).sum();
        let (wall, by) = (self.wall.0 + now, Duration::from_secs(off.unsigned_abs()));
        let date = httpdate::fmt_http_date(if off < 0 { wall - by } else { wall + by });
        reply.headers.entry(DATE).or_insert_with(|| date.parse().unwrap());
        reply
    }
}

/// For how long an answer asks to be left alone: at most five minutes.
fn pause(headers: &HeaderMap) -> Duration {
    let text = headers[RETRY_AFTER].to_str().unwrap();
    let date = |text| httpdate::parse_http_date(text).unwrap();
    let pause = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => date(text).duration_since(date(headers[DATE].to_str().unwrap())).unwrap_or_default(),
    };
    pause.min(Duration::from_secs(300))
}
