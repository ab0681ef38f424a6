//! Spans and lines: what somebody who subscribes to `tracing` is told of a call.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use gpu_bridge_core::{CallOptions, TraceContext};
use serde_json::json;
use support::*;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

type Fields = BTreeMap<&'static str, String>;

/// A span's name, its parent's name and its fields.
type Closed = (&'static str, Option<&'static str>, Fields);

struct Reader<'a>(&'a mut Fields);

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

/// Keeps the spans that were closed, and the lines.
#[derive(Clone, Default)]
struct Keeper {
    spans: Arc<Mutex<Vec<Closed>>>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keeper {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Reader(&mut fields));
        context.span(id).unwrap().extensions_mut().insert(fields);
    }
    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        values.record(&mut Reader(span.extensions_mut().get_mut::<Fields>().unwrap()));
    }
    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let parent = span.parent().map(|parent| parent.name());
        let fields = span.extensions().get::<Fields>().unwrap().clone();
        self.spans.lock().unwrap().push((span.name(), parent, fields));
    }
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Reader(&mut fields));
        self.lines.lock().unwrap().extend(fields.remove("message"));
    }
}

impl Keeper {
    fn spans(&self, name: &str) -> Vec<Fields> {
        let spans = self.spans.lock().unwrap();
        spans.iter().filter(|(other, ..)| *other == name).map(|(.., fields)| fields.clone()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_span_with_a_span_for_each_attempt() {
    let fleet = Fleet::new(vec![answering(|| refusal(500, "inference_failed")), healthy(1)]);
    let (bridge, keeper) = (fleet.bridge(&json!({})), Keeper::default());
    let trace = TraceContext::from_headers(PARENT, None);
    let options = CallOptions { trace, ..CallOptions::default() };
    let call = async {
        // Round robin: one of the two begins with the host that fails.
        for _ in 0..2 {
            bridge.embed(texts(3), options.clone()).await.unwrap();
        }
    };
    call.with_subscriber(Registry::default().with(keeper.clone())).await;

    let calls = keeper.spans("call");
    assert_eq!(calls.len(), 2);
    for call in &calls {
        assert_eq!(call["trace_id"], "0af7651916cd43dd8448eb211c80319c");
        assert_eq!([&call["route"], &call["items"], &call["outcome"]], ["/embed", "3", "ok"]);
    }
    let attempts = keeper.spans("attempt");
    let told: Vec<_> = attempts
        .iter()
        .map(|span| ["host", "attempt", "why", "outcome"].map(|field| span[field].as_str()))
        .collect();
    assert_eq!(told.len(), 3);
    assert!(
        told.contains(&["gpu-1", "1", "first", "failed"])
            && told.contains(&["gpu-2", "2", "retry", "served"])
    );
    assert!(
        keeper
            .spans
            .lock()
            .unwrap()
            .iter()
            .all(|(name, parent, _)| *name != "attempt" || *parent == Some("call"))
    );

    let sent = fleet.seen().into_iter().filter(|seen| seen.path == "/embed");
    let sent: Vec<_> = sent.map(|seen| seen.headers["traceparent"].to_str().unwrap().to_owned()).collect();
    let spans = attempts.iter().map(|span| format!("{}-{}-01", &PARENT[..35], span["span_id"]));
    assert_eq!(sent, spans.collect::<Vec<_>>(), "what the hosts got is what the spans say");
    let lines = keeper.lines.lock().unwrap();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert!(
        line.starts_with(
            "Attempt 1 of /embed on gpu-1 failed (inference_failed): status 500: No. Another host"
        )
    );
    assert!(line.ends_with("[trace 0af7651916cd43dd8448eb211c80319c]"));
}

#[tokio::test(start_paused = true)]
async fn a_dead_host_costs_one_line_however_many_calls_it_fails() {
    let fleet = Fleet::new(vec![dead(), healthy(1)]);
    let (bridge, keeper) = (fleet.bridge(&json!({ "healthCheckIntervalSeconds": 1 })), Keeper::default());
    let calls = async {
        for _ in 0..200 {
            bridge.embed(texts(1), CallOptions::default()).await.unwrap();
            tokio::time::sleep(ms(100)).await;
        }
    };
    calls.with_subscriber(Registry::default().with(keeper.clone())).await;
    let lines = keeper.lines.lock().unwrap();
    let out: Vec<_> = lines.iter().filter(|line| line.starts_with("gpu-1")).collect();
    assert_eq!(
        out,
        [
            "gpu-1 is out: can't be reached: connection refused. Other hosts get its calls until it is well again."
        ]
    );
    assert!(
        lines.iter().any(|line| line.starts_with("The health check of gpu-1 failed (unreachable)")),
        "checks inherit it"
    );
}
