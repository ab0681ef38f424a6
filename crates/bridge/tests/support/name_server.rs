//! A name server on a port of its own, over UDP, that says what the test tells it.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::rdata::name::CNAME;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;

type Zone = HashMap<(Name, RecordType), Result<Vec<Record>, ResponseCode>>;

/// See the module.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    zone: Mutex<Zone>,
}

impl NameServer {
    /// Serves until the test ends.
    pub(crate) async fn start() -> Arc<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let server = Arc::new(Self { address: socket.local_addr().unwrap(), zone: Mutex::default() });
        tokio::spawn(Arc::clone(&server).serve(socket));
        server
    }

    async fn serve(self: Arc<Self>, socket: UdpSocket) {
        let mut packet = [0; 4096];
        loop {
            let (length, from) = socket.recv_from(&mut packet).await.unwrap();
            let answer = self.answer(&Message::from_vec(&packet[..length]).unwrap());
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    }

    fn answer(&self, question: &Message) -> Message {
        let query = &question.queries[0];
        let zone = self.zone.lock().unwrap();
        let known = |name: &Name| zone.keys().any(|(other, _)| other == name);
        let mut answer = question.clone().into_response();
        match zone.get(&(query.name().to_lowercase(), query.query_type())) {
            Some(Ok(records)) => drop(answer.add_answers(records.clone())),
            Some(Err(code)) => answer.metadata.response_code = *code,
            None if known(&query.name().to_lowercase()) => {}
            None => answer.metadata.response_code = ResponseCode::NXDomain,
        }
        answer
    }

    fn set(&self, name: &str, kind: RecordType, ttl: u32, data: impl IntoIterator<Item = RData>) {
        let owner = Name::from_ascii(name).unwrap();
        let record = |data| Record::from_rdata(owner.clone(), ttl, data);
        let records = data.into_iter().map(record).collect();
        self.zone.lock().unwrap().insert((owner.clone(), kind), Ok(records));
    }

    /// The name has these addresses, and no others of their kind.
    pub(crate) fn has(&self, name: &str, ttl: u32, addresses: &[&str]) {
        let parsed = addresses.iter().map(|address| RData::from(address.parse::<IpAddr>().unwrap()));
        let (v4, v6): (Vec<_>, Vec<_>) = parsed.partition(|data| data.record_type() == RecordType::A);
        for (kind, data) in [(RecordType::A, v4), (RecordType::AAAA, v6)] {
            if !data.is_empty() {
                self.set(name, kind, ttl, data);
            }
        }
    }

    /// The name is an alias of `target`, which has this IPv4 address.
    pub(crate) fn has_alias(&self, name: &str, ttl: u32, target: &str, address: &str) {
        let (own, other) = (Name::from_ascii(name).unwrap(), Name::from_ascii(target).unwrap());
        let alias = Record::from_rdata(own.clone(), ttl, RData::CNAME(CNAME(other.clone())));
        let address = Record::from_rdata(other, 60, RData::from(address.parse::<IpAddr>().unwrap()));
        self.zone.lock().unwrap().insert((own, RecordType::A), Ok(vec![alias, address]));
    }

    /// The name has these services: priority, weight, port and target.
    pub(crate) fn serves(&self, name: &str, ttl: u32, services: &[(u16, u16, u16, &str)]) {
        let service = |&(priority, weight, port, target): &(u16, u16, u16, &str)| {
            RData::SRV(SRV::new(priority, weight, port, Name::from_ascii(target).unwrap()))
        };
        self.set(name, RecordType::SRV, ttl, services.iter().map(service));
    }

    /// Questions for these records of the name end so.
    pub(crate) fn refuses(&self, name: &str, kind: RecordType, code: ResponseCode) {
        self.zone.lock().unwrap().insert((Name::from_ascii(name).unwrap(), kind), Err(code));
    }
}
