//! `GET /metrics`: what this host has done and how it is, for Prometheus.

use std::collections::BTreeMap;
use std::fmt;

use axum::extract::State;
use axum::response::Response;
use gpu_bridge_encoder::{cuda_version, libtorch_version};
use gpu_bridge_metrics::{CONTENT_TYPE, Families, expose};
use http::StatusCode;
use tokio::time::Instant;

use crate::batch_counts::Batches;
use crate::load_report;
use crate::reply;
use crate::request_counts::Requests;
use crate::service::{Service, Shared};

/// OpenMetrics text.
pub async fn metrics(State(service): State<Shared>) -> Response {
    let (requests, batches, now) = (service.requests.read(), service.batches.read(), Instant::now());
    let text = expose(move |families| {
        self::requests(&requests, families)?;
        self::batches(&batches, families)?;
        queue(&service, now, families)?;
        models(&service, families)?;
        device(&service, now, families)
    });
    reply::with_type(StatusCode::OK, CONTENT_TYPE, text.into_bytes())
}

fn requests(requests: &Requests, families: &mut Families<'_>) -> fmt::Result {
    let answers: Vec<_> =
        requests.answers.iter().map(|(key, count)| (key, key.1.to_string(), count)).collect();
    let labelled = answers
        .iter()
        .map(|((route, _), status, count)| ([("route", *route), ("status", status.as_str())], *count));
    let help = "Requests that ended, by status; 499 where the caller went away.";
    families.counter(("gpu_service_requests", help), labelled)?;
    let refusals = requests.refusals.iter();
    let refusals = refusals.map(|((route, code), count)| ([("route", route), ("code", code)], count));
    families.counter(
        ("gpu_service_refusals", "Requests that were not served, by the code on the wire."),
        refusals,
    )?;
    let durations = requests.durations.iter().map(|(route, seen)| ([("route", route)], seen));
    let help = "How long requests took, however they ended.";
    families.histogram(("gpu_service_request_duration_seconds", help), durations)?;
    let phases = requests.phases.iter().map(|(phase, seen)| ([("phase", phase)], seen));
    let help = "Where the time of compute requests went: tokenize, queue or inference.";
    families.histogram(("gpu_service_phase_duration_seconds", help), phases)
}

fn batches(batches: &Batches, families: &mut Families<'_>) -> fmt::Result {
    let help = "Tokens that went through the device. None of them is padding.";
    families.counter(("gpu_service_tokens", help), [([], batches.tokens)])?;
    families.histogram(
        ("gpu_service_batch_tokens", "Tokens of each batch that was encoded."),
        [([], &batches.sizes)],
    )?;
    families
        .histogram(("gpu_service_batch_items", "Texts or pairs of each batch."), [([], &batches.items)])?;
    let passes = batches.durations.iter().map(|(pass, seen)| ([("pass", pass)], seen));
    families
        .histogram(("gpu_service_batch_duration_seconds", "How long the device took for each batch."), passes)
}

fn queue(service: &Service, now: Instant, families: &mut Families<'_>) -> fmt::Result {
    let load = load_report::report(service, now).named_metrics;
    let figures = [
        ("gpu_service_queue_tokens", "Tokens that wait for the device.", load.queue_tokens),
        ("gpu_service_in_flight", "Requests that were taken and have no answer yet.", load.in_flight),
        ("gpu_service_in_flight_limit", "Requests that are taken at once.", service.admission.limit() as f64),
        ("gpu_service_jobs_running", "Requests the device has begun.", service.jobs.running() as f64),
        ("gpu_service_tokens_per_second", "Throughput over the last batches.", load.tokens_per_second),
        (
            "gpu_service_ready",
            "1 once the default models were tried.",
            f64::from(u8::from(service.started())),
        ),
    ];
    figures.into_iter().try_for_each(|(name, help, figure)| families.gauge((name, help), [([], figure)]))
}

fn models(service: &Service, families: &mut Families<'_>) -> fmt::Result {
    let mut bytes = BTreeMap::<(String, &'static str), u64>::new();
    for (name, task, held) in service.registry.sizes() {
        *bytes.entry((name, task)).or_default() += held;
    }
    let sizes =
        bytes.iter().map(|((name, task), held)| ([("model", name.as_str()), ("task", *task)], *held as f64));
    let help = "Memory of the weights of each model that is loaded, all its layers together.";
    families.gauge(("gpu_service_model_memory_bytes", help), sizes)?;
    let (held, limit) = service.registry.budget();
    let help = "Memory of all models, those on their way in and out included.";
    families.gauge(("gpu_service_models_memory_bytes", help), [([], held as f64)])?;
    let help = "What all models may take together; missing where there is no bound.";
    families.gauge(("gpu_service_models_memory_limit_bytes", help), limit.map(|limit| ([], limit as f64)))?;
    families.counter(
        ("gpu_service_model_loads", "How often a model was read from disk."),
        [([], service.registry.loads())],
    )?;
    let help = "How often a model left memory: for another, or because it was asked to.";
    families.counter(("gpu_service_model_unloads", help), [([], service.registry.unloads())])
}

fn device(service: &Service, now: Instant, families: &mut Families<'_>) -> fmt::Result {
    let memory = service.memory.read(now);
    let help = "Memory of the device; missing on a CPU.";
    families.gauge(
        ("gpu_service_device_memory_bytes", help),
        memory.map(|memory| ([], memory.total_bytes as f64)),
    )?;
    let help = "Memory of the device in use, by whomever; missing on a CPU.";
    families.gauge(
        ("gpu_service_device_memory_used_bytes", help),
        memory.map(|memory| ([], memory.used_bytes as f64)),
    )?;
    let (device, name) = (service.device.to_string(), service.device.name());
    let cuda = cuda_version().unwrap_or_default();
    let labels = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("device", &device),
        ("device_name", &name),
        ("libtorch", libtorch_version()),
        ("cuda", &cuda),
    ];
    families.gauge(("gpu_service_build_info", "1; the labels say what runs on what."), [(labels, 1.0)])
}
