//! A bare Rust client, for `npm run bench -- overhead`: what a request costs before this package adds anything.
//!
//! `bare_client URL` posts one text at a time to `URL/embed` and reads the whole answer. For every line on its standard
//! input, which is a number of requests, it prints the median of their times in milliseconds.

#![allow(clippy::print_stdout, reason = "its parent reads the figures there")]

use std::error::Error;
use std::io::stdin;
use std::time::Instant;

use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};

const BODY: &str = r#"{"texts":["Text 0 of a call, of about as many words as a question has."]}"#;
const TYPES: &str = "application/vnd.safetensors, application/json;q=0.5";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = format!("{}/embed", std::env::args().nth(1).ok_or("Usage: bare_client URL")?);
    let client = Client::builder().tls_backend_preconfigured(tls()?).no_proxy().build()?;
    for line in stdin().lines() {
        let mut times = vec![];
        for _ in 0..line?.trim().parse()? {
            let begun = Instant::now();
            ask(&client, &url).await?;
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_unstable_by(f64::total_cmp);
        println!("{}", times.get(times.len() / 2).ok_or("Ask for at least one request.")?);
    }
    Ok(())
}

async fn ask(client: &Client, url: &str) -> Result<(), reqwest::Error> {
    let request = client.post(url).header(CONTENT_TYPE, "application/json").header(ACCEPT, TYPES);
    request.body(BODY).send().await?.error_for_status()?.bytes().await?;
    Ok(())
}

/// The client wants one even where only http is spoken.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let builder =
        rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into());
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}
