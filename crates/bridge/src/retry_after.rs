//! `Retry-After`, in both forms HTTP knows.
//!
//! A date is read against the answer's own `Date`, so that a clock that runs wrong on either side does no
//! harm; a transport [adds](date) one where the host gave none. No host may send callers away for more than five minutes.

use std::num::IntErrorKind;
use std::time::{Duration, SystemTime};

use gpu_bridge_protocol::limits::MAX_RETRY_AFTER_SECONDS;
use http::header::{DATE, HeaderName, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

/// How long the host asks to be left alone, at most 300 s. `None` where it doesn't say, or says nonsense.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Duration::MAX,
        Err(_) => until(httpdate::parse_http_date(text).ok()?, read(headers, DATE)?),
    };
    Some(pause.min(Duration::from_secs(MAX_RETRY_AFTER_SECONDS)))
}

/// Says that an answer came at `now`, where it asks to be left alone and doesn't say itself when it was sent.
pub(crate) fn date(headers: &mut HeaderMap, now: SystemTime) {
    if headers.contains_key(RETRY_AFTER)
        && read(headers, DATE).is_none()
        && let Ok(now) = HeaderValue::try_from(httpdate::fmt_http_date(now))
    {
        headers.insert(DATE, now);
    }
}

fn read(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

/// A time that has passed means now.
fn until(then: SystemTime, now: SystemTime) -> Duration {
    then.duration_since(now).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: &str = "Mon, 23 Nov 2026 15:00:00 GMT";

    fn read(retry_after_value: &str, own_date: Option<&str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(retry_after_value).unwrap());
        if let Some(date) = own_date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        date(&mut headers, httpdate::parse_http_date(DAY).unwrap());
        retry_after(&headers).map(|pause| pause.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(read("7", None), Some(7));
        assert_eq!(read(" 0 ", None), Some(0));
        assert_eq!(read("Mon, 23 Nov 2026 15:00:09 GMT", None), Some(9));
        assert_eq!(read("Mon, 23 Nov 2026 14:00:00 GMT", None), Some(0), "a time that has passed");
    }

    #[test]
    fn the_answers_own_clock_counts() {
        let date = Some("Mon, 23 Nov 2026 12:00:00 GMT");
        assert_eq!(read("Mon, 23 Nov 2026 12:00:05 GMT", date), Some(5));
        assert_eq!(
            read("Mon, 23 Nov 2026 15:00:05 GMT", Some("noon")),
            Some(5),
            "it has none that can be read"
        );
    }

    #[test]
    fn nobody_is_sent_away_for_longer_than_five_minutes() {
        assert_eq!(read("86400", None), Some(300));
        assert_eq!(read("Tue, 24 Nov 2026 15:00:00 GMT", None), Some(300));
        assert_eq!(read("99999999999999999999", None), Some(300), "more than a number holds");
    }

    #[test]
    fn nonsense_is_no_answer() {
        for text in ["", "soon", "-1", "1.5"] {
            assert_eq!(read(text, None), None, "{text:?}");
        }
    }
}
