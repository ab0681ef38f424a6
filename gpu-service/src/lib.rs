//! The daemon that does the work on one machine: embeddings and BERTScore over HTTP.
//!
//! A request flows one way: HTTP, [`auth`], [`admission`], tokens ([`cpu`], [`tokenize`]), the fair [`queue`], the
//! [`batcher`], the one [`device`] thread, the reply. Nothing blocks an async worker: tokens and replies are made
//! on CPU workers, tensors live on the device thread only. Models come from the [`registry`], which finds them
//! with [`resolve`] or fetches them from the [`hub`]; a caller only ever names a model, never a path.

pub mod admission;
pub mod allow;
pub mod app;
pub mod auth;
pub mod batch_counts;
pub mod batcher;
pub mod body;
pub mod check;
pub mod config;
pub mod cpu;
pub mod deadline;
pub mod device;
pub mod door;
pub mod dtypes;
pub mod environment;
pub mod error;
pub mod hf_cache;
pub mod hub;
pub mod hub_args;
pub mod jobs;
pub mod keys;
pub mod legacy_names;
pub mod load_report;
pub mod memory_gauge;
pub mod memory_limit;
pub mod model;
pub mod model_files;
pub mod model_name;
pub mod model_size;
pub mod observe;
pub mod openmp;
pub mod pairing;
pub mod queue;
pub mod ranking;
pub mod registry;
pub mod reply;
pub mod request_counts;
pub mod request_id;
pub mod rescaling;
pub mod resolve;
pub mod routes;
pub mod serve;
pub mod service;
pub mod signals;
pub mod telemetry;
pub mod throughput;
pub mod timing;
pub mod tokenize;
pub mod user_cache;
pub mod vector_format;
