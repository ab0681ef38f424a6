//! Who may come in: whoever offers one of the [keys](crate::keys), in either of two headers.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gpu_bridge_protocol::headers;
use http::{HeaderMap, header};

use crate::error::ServiceError;
use crate::service::Shared;

/// The key a request offers, or nothing, which is compared like any other.
fn offered(headers: &HeaderMap) -> &str {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = || {
        let (scheme, token) = text(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    };
    text(headers::API_KEY).or_else(bearer).unwrap_or_default()
}

/// Turns away who has no key. `/health` is open, since balancers probe it.
pub async fn authenticate(State(service): State<Shared>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/health" || service.keys.admit(offered(request.headers())) {
        return next.run(request).await;
    }
    ServiceError::Unauthorized.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_headers_carry_a_key() {
        let with = |name: &'static str, value: &str| {
            HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
        };
        assert_eq!(offered(&with("x-api-key", "k")), "k");
        assert_eq!(offered(&with("authorization", "Bearer k")), "k");
        assert_eq!(offered(&with("authorization", "Basic k")), "");
        assert_eq!(offered(&HeaderMap::new()), "");
    }
}
