//! The simulated fleet in the network's place. It writes down every request and what became of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use gpu_bridge_core::{HostReply, HostRequest, Transport, TransportError};
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use tokio::time::{Instant, sleep};

use crate::dns::{Dns, address, listens_at};
use crate::exchange::{Exchange, Fate};
use crate::mood::{Reaction, lost};
use crate::nature::Nature;
use crate::question::Question;
use crate::roll::Roll;
use crate::script::Script;

/// A host and what befalls it.
pub(crate) struct Host {
    pub(crate) nature: Nature,
    pub(crate) script: Script,
    /// Its priority in DNS, where the bridge finds it there.
    pub(crate) listed: Option<u16>,
}

/// See the module. Hosts are at `http://h0`, `http://h1` and so on, or at 10.0.0.0, 10.0.0.1 where DNS names them.
pub(crate) struct Network {
    pub(crate) hosts: Vec<Host>,
    pub(crate) dns: Dns,
    begun: Instant,
    /// The wall clock at the beginning, and by how many seconds it jumps when.
    wall: (SystemTime, Vec<(Duration, i64)>),
    log: Mutex<Vec<Exchange>>,
    roll: Mutex<Roll>,
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
        let named = || request.url.host_str().unwrap()[1..].parse().unwrap();
        let host = request.endpoint.connect_to.map_or_else(named, listens_at);
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
    pub(crate) fn new(hosts: Vec<Host>, dns: Dns, wall: (SystemTime, Vec<(Duration, i64)>)) -> Self {
        let fixed = (0..hosts.len()).filter(|&host| hosts[host].listed.is_none());
        let (log, roll) = (Mutex::default(), Mutex::new(Roll::of(fixed)));
        Self { hosts, dns, begun: Instant::now(), wall, log, roll }
    }

    /// Since the beginning.
    pub(crate) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn roll(&self) -> MutexGuard<'_, Roll> {
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the bridge calls a host.
    pub(crate) fn name(&self, host: usize) -> String {
        match self.hosts[host].listed {
            Some(_) => format!("pool/{}", address(host)),
            None => format!("h{host}"),
        }
    }

    /// Whether DNS means it for when none of its better hosts may be asked.
    pub(crate) fn is_reserve(&self, host: usize) -> bool {
        self.hosts[host].listed > self.hosts.iter().filter_map(|host| host.listed).min()
    }

    /// Requests of a call whose senders still wait.
    pub(crate) fn open_of(&self, call: Option<usize>) -> usize {
        self.log().iter().filter(|seen| seen.call == call && seen.end.is_none()).count()
    }

    fn open(&self, host: usize, question: &Question, headers: &HeaderMap) -> Open<'_> {
        let left = Duration::from_millis(headers["x-request-deadline-ms"].to_str().unwrap().parse().unwrap());
        let (at, items, stay) = (self.now(), question.items.clone(), self.roll().stay(host));
        let mut log = self.log();
        log.push(Exchange { host, stay, call: question.call, items, at, left, end: None });
        Open(self, log.len() - 1)
    }

    /// What the host makes of it, unless it goes down before.
    fn react(&self, host: usize, question: &Question) -> Reaction {
        let (Host { nature, script, .. }, at) = (&self.hosts[host], self.now());
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
