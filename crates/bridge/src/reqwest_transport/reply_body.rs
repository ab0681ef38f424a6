//! Reads the body of an answer: whole, and bounded in size and in time.
//!
//! A service sends an answer once its work is done, so that the body follows the head at the network's speed. A host
//! that stops in the middle, or sends a byte now and then, is at no work that is worth waiting for, though it may answer
//! its health checks well. It is given up here, and the call goes to another host long before its deadline.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt};
use tokio::time::{Instant, timeout_at};

use crate::transport::TransportError;

/// Bytes of an answer. A million texts in 128 dimensions fit.
const MAX_BYTES: usize = 512 << 20;
/// Longest time without a byte. A few lost packets in a row take less.
const LONGEST_GAP: Duration = Duration::from_secs(5);
/// Bytes a second, over all of a body. A line this slow has no use for a pool of hosts.
const SLOWEST: f64 = (16 << 10) as f64;
/// Bytes for which room is made before they come.
const FIRST_ROOM: u64 = 8 << 20;

/// The whole body, of which `announced` bytes are said to come. One that comes in one piece is not copied.
///
/// # Errors
/// Where it is cut off, too large or too slow.
pub(crate) async fn read(
    announced: Option<u64>,
    chunks: impl Stream<Item = Result<Bytes, TransportError>>,
) -> Result<Bytes, TransportError> {
    let announced = announced.unwrap_or(0);
    let too_large = TransportError::TooLarge { limit: MAX_BYTES };
    if announced > MAX_BYTES as u64 {
        return Err(too_large);
    }
    let mut pieces = Pieces { begun: Instant::now(), received: 0, chunks: pin!(chunks) };
    let first = pieces.next().await?.unwrap_or_default();
    let mut body = BytesMut::new();
    while let Some(chunk) = pieces.next().await? {
        if body.is_empty() {
            body.reserve(announced.min(FIRST_ROOM) as usize);
            body.extend_from_slice(&first);
        }
        if pieces.received > MAX_BYTES {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(if body.is_empty() { first } else { body.freeze() })
}

/// A body on its way.
struct Pieces<S> {
    begun: Instant,
    /// Bytes.
    received: usize,
    chunks: S,
}

impl<S: Stream<Item = Result<Bytes, TransportError>> + Unpin> Pieces<S> {
    /// The next piece, if it comes soon enough; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
        let due = due(self.begun, self.received, Instant::now());
        let chunk = timeout_at(due, self.chunks.try_next()).await.map_err(|_| too_slow(self.received))??;
        self.received += chunk.as_ref().map_or(0, Bytes::len);
        Ok(chunk)
    }
}

/// When more has to be there, with so many bytes received of a body that `begun` then.
fn due(begun: Instant, received: usize, now: Instant) -> Instant {
    let paid_for = Duration::from_secs_f64(received as f64 / SLOWEST);
    (now + LONGEST_GAP).min(begun + LONGEST_GAP + paid_for)
}

fn too_slow(received: usize) -> TransportError {
    TransportError::ConnectionLost(format!("after {received} bytes the answer stopped, or came too slowly"))
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{self, StreamExt};
    use tokio::time::sleep;

    use super::*;

    /// So many chunks of so many bytes, each after a pause; then `end`.
    async fn body(
        chunks: usize,
        bytes: usize,
        pause: Duration,
        end: impl Stream<Item = Result<Bytes, TransportError>>,
    ) -> (Result<usize, TransportError>, u64) {
        let chunk = move |_| async move {
            sleep(pause).await;
            Ok(Bytes::from(vec![0; bytes]))
        };
        let begun = Instant::now();
        let read = read(None, stream::iter(0..chunks).then(chunk).chain(end)).await;
        (read.map(|body| body.len()), begun.elapsed().as_secs())
    }

    fn lost(received: usize) -> Result<usize, TransportError> {
        Err(too_slow(received))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_steadily_may_take_long() {
        let (second, all) = (Duration::from_secs(1), 100 * (16 << 10));
        assert_eq!(body(100, 16 << 10, second, stream::empty()).await, (Ok(all), 100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_is_given_up_however_much_there_is() {
        let none = Duration::ZERO;
        assert_eq!(body(0, 0, none, stream::pending()).await, (lost(0), 5));
        assert_eq!(body(64, 1 << 20, none, stream::pending()).await, (lost(64 << 20), 5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_no_answer() {
        let pause = Duration::from_millis(900);
        assert_eq!(body(1000, 1, pause, stream::empty()).await, (lost(5), 5));
    }

    #[tokio::test]
    async fn a_body_is_bounded_whether_or_not_it_says_its_size() {
        let limit = TransportError::TooLarge { limit: MAX_BYTES };
        assert_eq!(read(Some(1 << 40), stream::pending()).await, Err(limit.clone()));
        let chunk = Bytes::from(vec![0; 64 << 20]);
        let endless = stream::repeat_with(|| Ok(chunk.clone()));
        assert_eq!(read(None, endless).await, Err(limit));
    }
}
