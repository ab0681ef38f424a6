//! The daemon: settings in, a service out, until a signal says stop.

use std::process::ExitCode;

use gpu_service::config::Config;
use gpu_service::openmp;
use gpu_service::serve::{Server, announce};
use gpu_service::signals::{INTERRUPTED, StopSignals};
use gpu_service::telemetry;

fn main() -> ExitCode {
    openmp::spin_briefly();
    serve(Config::read().unwrap_or_else(|error| error.exit()))
}

#[tokio::main]
async fn serve(config: Config) -> ExitCode {
    telemetry::init(config.log_format);
    match run(config).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until told to stop. Says whether all work was finished.
async fn run(config: Config) -> Result<bool, Box<dyn std::error::Error>> {
    let mut signals = StopSignals::listen()?;
    let server = Server::start(config).await?;
    tokio::select! {
        () = server.service.warm_up() => {
            announce(&server);
            signals.next().await;
        }
        () = signals.next() => {}
    }
    tokio::select! {
        finished = server.drain() => Ok(finished),
        () = signals.next() => std::process::exit(INTERRUPTED),
    }
}
