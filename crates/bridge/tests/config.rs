//! Every form of configuration, right and wrong.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

use gpu_bridge_core::{Bridge, Config, HostReply, HostRequest, Transport, TransportError};
use proptest::prelude::*;
use serde_json::{Value, json};

struct Nowhere;

#[async_trait::async_trait]
impl Transport for Nowhere {
    async fn send(&self, _: HostRequest) -> Result<HostReply, TransportError> {
        Err(TransportError::Unreachable("there is no network here".to_owned()))
    }
}

/// Name and address of each host.
fn hosts(config: Value) -> Vec<(String, String)> {
    let config = Config::from_json(config).unwrap();
    let bridge = Bridge::new(config, std::sync::Arc::new(Nowhere), 1);
    bridge.hosts().into_iter().map(|host| (host.name, host.url)).collect()
}

fn pair(name: &str, url: &str) -> (String, String) {
    (name.to_owned(), url.to_owned())
}

#[test]
fn the_forms_of_0_1_are_taken() {
    for key in ["serviceUrl", "url"] {
        assert_eq!(hosts(json!({ key: "http://a:8765/" })), [pair("gpu-1", "http://a:8765")]);
    }
    let both = json!({ "serviceUrl": "http://a", "url": "http://b", "apiKey": "k", "timeout": 45 });
    assert_eq!(hosts(both), [pair("gpu-1", "http://a")]);
    assert_eq!(hosts(json!({ "hosts": [], "url": "http://b" })), [pair("gpu-1", "http://b")]);
}

#[test]
fn the_form_of_0_2_is_taken() {
    let config = json!({
        "hosts": [{ "url": "http://a:8765", "name": "big", "apiKey": "k" }, { "url": "https://b/gpu/" }],
        "serviceUrl": "http://ignored", "apiKey": "fallback", "timeout": 45, "healthCheckIntervalSeconds": 30,
        "loadBalancing": "least-busy", "models": { "embed": "m", "bertscore": "n" },
        "limits": { "maxBatchSize": 100, "maxTextLength": 10000 },
    });
    assert_eq!(hosts(config), [pair("big", "http://a:8765"), pair("gpu-2", "https://b/gpu")]);
}

#[test]
fn nothing_is_a_configuration_without_hosts() {
    let blank = json!({ "serviceUrl": "", "apiKey": "", "models": { "embed": "" } });
    for empty in [json!(null), json!({}), json!({ "hosts": null, "timeout": null }), blank] {
        assert!(hosts(empty).is_empty());
    }
}

#[test]
fn a_mistake_is_named_by_its_key_and_value() {
    let one = |host: Value| json!({ "hosts": [{ "url": "http://a" }, host] });
    let cases = [
        (json!({ "host": [] }), &["`host`", "`hosts`", "`serviceUrl`"][..]),
        (one(json!({ "url": "http://b", "protocoll": "x" })), &["hosts[1]", "`protocoll`", "`protocol`"]),
        (one(json!({ "url": "http://b", "protocol": "grpc" })), &["hosts[1].protocol", "grpc", "openai"]),
        (one(json!({ "url": 5 })), &["hosts[1].url", "5"]),
        (one(json!({})), &["hosts[1]", "`url`"]),
        (one(json!({ "url": "gpu-box:8765x" })), &["hosts[1].url", "gpu-box:8765x"]),
        (one(json!({ "url": "ftp://b" })), &["hosts[1].url", "ftp"]),
        (one(json!({ "url": "http://a/" })), &["hosts[1].url", "http://a"]),
        (one(json!({ "url": "http://b", "name": "gpu-1" })), &["hosts[1].name", "gpu-1"]),
        (one(json!({ "url": "http://b", "tls": { "certs": "x" } })), &["hosts[1].tls", "`certs`", "`cert`"]),
        (one(json!({ "url": "https://b", "tls": { "ca": "/none.pem" } })), &["hosts[1].tls.ca", "/none.pem"]),
        (one(json!({ "url": "https://b", "tls": { "key": "k" } })), &["hosts[1].tls.key", "without `cert`"]),
        (one(json!({ "url": "http://b", "weight": 0 })), &["hosts[1].weight", "0"]),
        (one(json!({ "url": "http://b", "weight": 1.5 })), &["hosts[1].weight", "1.5"]),
        (json!({ "timeout": 0 }), &["timeout", "0"]),
        (json!({ "timeout": "45" }), &["timeout", "45"]),
        (json!({ "loadBalancing": "random" }), &["loadBalancing", "random", "round-robin", "least-busy"]),
        (json!({ "limits": { "maxBatchSize": 0 } }), &["limits.maxBatchSize", "0"]),
        (json!({ "retries": { "budgetPercent": 101 } }), &["retries.budgetPercent", "101"]),
        (json!({ "hedge": { "maxExtraPercent": -1 } }), &["hedge.maxExtraPercent", "-1"]),
        (json!({ "hedge": { "percent": 5 } }), &["hedge", "`percent`", "`maxExtraPercent`"]),
        (json!({ "models": { "reranker": "m" } }), &["models", "`reranker`", "`rerank`"]),
        (json!({ "url": "gpu" }), &["`url`", "gpu"]),
        (json!({ "hosts": ["http://a"] }), &["hosts[0]", "http://a", "an object with `url`"]),
        (json!("http://a"), &["http://a", "an object with `hosts`"]),
        (json!([1]), &["config", "an object with `hosts`"]),
    ];
    for (config, words) in cases {
        let error = Config::from_json(config.clone()).unwrap_err();
        assert_eq!(error.code(), "invalid_config");
        for word in words {
            assert!(error.to_string().contains(word), "{config}: {error}");
        }
    }
}

#[test]
fn a_wrong_type_is_named_in_the_words_of_json() {
    for (config, words) in [
        (json!({ "timeout": "5" }), "at `timeout`: invalid type: string \"5\", expected a number."),
        (json!({ "hosts": { "url": "http://a" } }), "at `hosts`: invalid type: an object, expected a list."),
        (json!({ "timeout": [5] }), "at `timeout`: invalid type: a list, expected a number."),
    ] {
        let message = Config::from_json(config).unwrap_err().to_string();
        assert!(message.ends_with(words), "{message}");
    }
}

#[test]
fn no_message_and_no_debug_output_holds_a_secret() {
    let secret = "s3cret";
    for config in [
        json!({ "url": format!("http://me:{secret}@a") }),
        json!({ "url": format!("me:{secret}@a:1:2") }),
        json!({ "hosts": format!("http://me:{secret}@a") }),
        json!({ "hosts": [format!("http://me:{secret}@a")] }),
        json!({ "apiKey": format!("{secret}\n") }),
        json!({ "hosts": [{ "url": "http://a", "apiKey": [secret] }] }),
    ] {
        let error = Config::from_json(config).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    }
    let numeric = Config::from_json(json!({ "apiKey": 1_234_567 })).unwrap_err();
    assert!(!format!("{numeric} {numeric:?}").contains("1234567"), "{numeric}");
    let config = Config::from_json(json!({ "url": "http://a", "apiKey": secret })).unwrap();
    assert!(!format!("{config:?}").contains(secret));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z:/@.]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let keys =
            prop::sample::select(vec!["hosts", "url", "name", "apiKey", "timeout", "limits", "models", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..4)
                .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_a_configuration_or_a_sentence(value in any_json()) {
        if let Err(error) = Config::from_json(value) {
            prop_assert!(error.to_string().ends_with('.'), "{}", error);
        }
    }

    #[test]
    fn addresses_keep_host_port_and_path(
        name in "[a-z]{1,8}", port in 1u16.., path in "(/[a-z]{1,5}){0,3}", slashes in "/{0,2}",
    ) {
        let plain = format!("http://{name}:{port}{path}");
        let expected = plain.replace(":80/", "/");
        let expected = expected.strip_suffix(":80").unwrap_or(&expected).to_owned();
        prop_assert_eq!(&hosts(json!({ "url": format!("{plain}{slashes}") }))[0].1, &expected);
    }
}
