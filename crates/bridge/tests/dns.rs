//! The resolver of production against a real name server, and a fleet that it follows over real sockets.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

#[path = "support/name_server.rs"]
mod name_server;

use std::net::SocketAddr;

use gpu_bridge_core::{DnsResolver, Lookup, Records, Resolution, ResolveError, Resolver};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;
use name_server::NameServer;
use tokio::net::UdpSocket;

const ADDRESSES: Records = Records::Addresses { port: 8765 };

async fn resolve(server: SocketAddr, name: &str, records: Records) -> Result<Resolution, ResolveError> {
    let lookup = Lookup { name: name.to_owned(), records };
    DnsResolver::asking(server).resolve(&lookup).await
}

/// Address, weight and priority of each host, and how many seconds that holds.
fn told(resolution: &Resolution) -> (Vec<(String, f64, u16)>, u64) {
    let target =
        |target: &gpu_bridge_core::Target| (target.address.to_string(), target.weight, target.priority);
    (resolution.targets.iter().map(target).collect(), resolution.ttl.as_secs())
}

fn equals(addresses: &[&str]) -> Vec<(String, f64, u16)> {
    addresses.iter().map(|address| ((*address).to_owned(), 1.0, 0)).collect()
}

#[tokio::test]
async fn each_address_of_both_kinds_is_a_host_for_as_long_as_the_records_hold() {
    let server = NameServer::start().await;
    server.has("pool.test.", 30, &["10.0.0.7", "10.0.0.6", "fd00::7"]);
    server.has_alias("alias.test.", 9, "pool.test.", "10.0.0.6");
    let found = resolve(server.address, "pool.test", ADDRESSES).await.unwrap();
    assert_eq!(told(&found), (equals(&["10.0.0.6:8765", "10.0.0.7:8765", "[fd00::7]:8765"]), 30));
    assert!(found.complete);
    let found = resolve(server.address, "alias.test.", ADDRESSES).await.unwrap();
    assert_eq!(told(&found), (equals(&["10.0.0.6:8765"]), 9));
}

#[tokio::test]
async fn each_address_of_each_service_is_a_host_with_its_port_weight_and_priority() {
    let server = NameServer::start().await;
    server.serves(
        "_gpu._tcp.test.",
        20,
        &[(0, 30, 8765, "a.test."), (0, 10, 9000, "b.test."), (5, 0, 8765, "c.test.")],
    );
    server.has("a.test.", 60, &["10.0.0.1"]);
    server.has("b.test.", 7, &["10.0.0.2"]);
    server.has("c.test.", 60, &["10.0.0.3", "fd00::3"]);
    let found = resolve(server.address, "_gpu._tcp.test", Records::Services).await.unwrap();
    let (hosts, seconds) = told(&found);
    let expected = [
        ("10.0.0.1:8765", 1.5, 0),
        ("10.0.0.2:9000", 0.5, 0),
        ("10.0.0.3:8765", 1.0, 5),
        ("[fd00::3]:8765", 1.0, 5),
    ];
    assert_eq!(hosts, expected.map(|(address, weight, priority)| (address.to_owned(), weight, priority)));
    assert_eq!((seconds, found.complete), (7, true));
}

#[tokio::test]
async fn a_name_that_isnt_there_and_one_without_such_records_have_no_hosts() {
    let server = NameServer::start().await;
    server.has("pool.test.", 30, &["10.0.0.7"]);
    server.serves("_gpu._tcp.test.", 30, &[(0, 1, 8765, "nowhere.test.")]);
    for (name, records) in [
        ("other.test", ADDRESSES),
        ("pool.test", Records::Services),
        ("_gpu._tcp.other", Records::Services),
        ("_gpu._tcp.test", Records::Services),
    ] {
        let error = resolve(server.address, name, records).await.unwrap_err();
        assert!(matches!(error, ResolveError::NoHosts(_)), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn a_failure_is_never_taken_for_no_hosts() {
    let server = NameServer::start().await;
    for kind in [RecordType::A, RecordType::AAAA, RecordType::SRV] {
        server.refuses("broken.test.", kind, ResponseCode::ServFail);
    }
    for records in [ADDRESSES, Records::Services] {
        let error = resolve(server.address, "broken.test", records).await.unwrap_err();
        assert!(matches!(error, ResolveError::Failed(_)), "{error:?}");
    }
}

#[tokio::test]
async fn what_can_be_had_is_taken_and_known_to_be_a_part() {
    let server = NameServer::start().await;
    server.has("pool.test.", 30, &["10.0.0.7"]);
    server.refuses("pool.test.", RecordType::AAAA, ResponseCode::ServFail);
    server.serves("_gpu._tcp.test.", 30, &[(0, 1, 1, "pool.test."), (0, 1, 2, "broken.test.")]);
    server.refuses("broken.test.", RecordType::A, ResponseCode::Refused);
    for (name, records) in [("pool.test", ADDRESSES), ("_gpu._tcp.test", Records::Services)] {
        let found = resolve(server.address, name, records).await.unwrap();
        assert_eq!((found.targets.len(), found.complete), (1, false), "{name}");
    }
}

/// With the clock paused, timeouts pass as soon as nothing else can happen.
#[tokio::test(start_paused = true)]
async fn a_server_that_is_silent_is_a_failure() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = silent.local_addr().unwrap();
    let error = resolve(server, "pool.test", ADDRESSES).await.unwrap_err();
    assert!(matches!(error, ResolveError::Failed(_)), "{error:?}");
    assert!(error.to_string().contains("timed out"), "{error}");
}
