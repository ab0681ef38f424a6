//! `hosts[].tls`: whom a host is trusted by, and as whom the bridge comes.

use gpu_bridge_core::Config;
use serde_json::json;
use tokio::net::TcpListener;

use crate::authority::Authority;
use crate::server::{Server, service};
use crate::{bridge, embed};

#[tokio::test]
async fn a_host_is_trusted_by_its_own_authority_alone() {
    let [ours, theirs] = [Authority::new(), Authority::new()];
    let server = Server::start(ours.server("localhost", &[], None), service()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, format!("{}{}", theirs.pem, ours.pem)).unwrap();
    for ca in [&ours.pem, path.to_str().unwrap()] {
        let vectors = embed(&bridge(&json!([{ "url": server.url(), "tls": { "ca": ca } }])), "a").await;
        assert_eq!(vectors.unwrap().data, [11.0]);
    }
    for tls in [json!({}), json!({ "ca": theirs.pem })] {
        let error = embed(&bridge(&json!([{ "url": server.url(), "tls": tls }])), "a").await.unwrap_err();
        assert_eq!(error.attempts()[0].code, "unreachable");
        assert!(error.to_string().contains("set the host's `tls.ca`"), "{error}");
    }
}

#[tokio::test]
async fn a_host_without_tls_is_said_to_be_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, service()).await.unwrap() });
    let error = embed(&bridge(&json!([{ "url": url }])), "a").await.unwrap_err();
    assert!(error.to_string().contains("begin the host's `url` with http://"), "{error}");
}

#[tokio::test]
async fn a_servers_own_certificate_is_trusted_where_it_is_listed_and_nothing_else_is_wrong() {
    let (pair, config) = Authority::own("localhost", false);
    let server = Server::start(config, service()).await;
    embed(&bridge(&json!([{ "url": server.url(), "tls": { "ca": pair.cert } }])), "a").await.unwrap();

    let (twin, _) = Authority::own("localhost", false);
    let (expired, config) = Authority::own("localhost", true);
    let expired_server = Server::start(config, service()).await;
    let (other, config) = Authority::own("gpu-box.test", false);
    let other_server = Server::start(config, service()).await;
    for (server, listed, reason) in [
        (&server, twin, "certificate"),
        (&expired_server, expired, "expired"),
        (&other_server, other, "not valid for name"),
    ] {
        let bridge = bridge(&json!([{ "url": server.url(), "tls": { "ca": listed.cert } }]));
        let error = embed(&bridge, "a").await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let server = Server::start(authority.server("gpu-box.test", &[], None), service()).await;
    let bridge = bridge(&json!([{ "url": server.url(), "tls": { "ca": authority.pem } }]));
    let error = embed(&bridge, "a").await.unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_host_that_asks_for_a_certificate_gets_it() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = Server::start(authority.server("localhost", &["h2"], Some(&clients)), service()).await;
    let own = clients.sign("bridge");
    let tls = json!({ "ca": authority.pem, "cert": own.cert, "key": own.key });
    let vectors = embed(&bridge(&json!([{ "url": server.url(), "tls": tls }])), "a").await.unwrap();
    assert_eq!(vectors.data, [20.0]);
    let stranger = Authority::new().sign("bridge");
    for tls in [
        json!({ "ca": authority.pem }),
        json!({ "ca": authority.pem, "cert": stranger.cert, "key": stranger.key }),
    ] {
        let error = embed(&bridge(&json!([{ "url": server.url(), "tls": tls }])), "a").await.unwrap_err();
        assert!(["unreachable", "connection_lost"].contains(&&*error.attempts()[0].code), "{error}");
        assert_eq!(error.code(), "all_hosts_failed");
    }
}

#[tokio::test]
async fn settings_of_one_host_are_not_those_of_another() {
    let [first, second] = [Authority::new(), Authority::new()];
    let one = Server::start(first.server("localhost", &["h2"], None), service()).await;
    let two = Server::start(second.server("localhost", &["h2"], None), service()).await;
    let bridge = bridge(&json!([
        { "url": one.url(), "tls": { "ca": first.pem } },
        { "url": two.url(), "tls": { "ca": first.pem } },
    ]));
    for _ in 0..4 {
        embed(&bridge, "a").await.unwrap();
    }
    assert_eq!((one.connections(), two.connections()), (1, 0));
    let refused = &bridge.hosts()[1];
    assert!(refused.last_error.as_ref().unwrap().contains("certificate"), "{refused:?}");
}

#[test]
fn settings_for_a_host_without_tls_are_a_mistake() {
    let host = json!({ "url": "http://gpu-box:8765", "tls": { "ca": Authority::new().pem } });
    let error = Config::from_json(json!({ "hosts": [host] })).unwrap_err().to_string();
    assert!(error.contains("hosts[0].tls") && error.contains("https://"), "{error}");
}
