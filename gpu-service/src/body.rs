//! A request's body: read up to the limit, then taken apart with the path of whatever is wrong.
//!
//! JSON means UTF-8 here: half a surrogate pair (`"\ud800"` alone) stands for no text and is refused as
//! `invalid_json`, where 0.2 failed later and without saying why.

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::error::ServiceError;

/// Reads the whole body.
///
/// # Errors
/// `body_too_large` beyond `limit` bytes, `cancelled` when the caller stops sending.
pub async fn read(mut body: Body, limit: usize) -> Result<Bytes, ServiceError> {
    match Limited::new(&mut body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            discard(body, limit).await;
            Err(ServiceError::BodyTooLarge { limit })
        }
        Err(_) => Err(ServiceError::Cancelled),
    }
}

/// Takes up to `limit` bytes from a caller that is still sending, and keeps none: one that is cut off in mid-body may
/// never see the refusal.
pub async fn discard(mut body: Body, limit: usize) {
    let mut taken = 0;
    while taken <= limit {
        let Some(Ok(frame)) = body.frame().await else { return };
        taken += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// Takes the body apart.
///
/// # Errors
/// `invalid_json` where it isn't JSON, `invalid_field` with the path where it isn't what the route takes.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(no_object(body));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        explain(&path, &error.into_inner())
    })?;
    json.end().map_err(|error| explain(".", &error))?;
    Ok(value)
}

/// serde would take a list for an object, its entries for fields in their order.
fn no_object(body: &[u8]) -> ServiceError {
    match serde_json::from_slice::<IgnoredAny>(body) {
        Ok(_) => ServiceError::InvalidField {
            field: None,
            reason: "The body isn't a JSON object; send one.".to_owned(),
        },
        Err(error) => explain(".", &error),
    }
}

fn explain(path: &str, error: &serde_json::Error) -> ServiceError {
    let reason = error.to_string();
    if error.classify() != Category::Data {
        return ServiceError::InvalidJson { reason };
    }
    let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let field = missing.or_else(|| Some(path).filter(|path| *path != ".")).map(str::to_owned);
    let place = field.as_deref().map_or_else(|| "The body".to_owned(), |field| format!("`{field}`"));
    ServiceError::InvalidField { field, reason: format!("{place} isn't what this route takes: {reason}.") }
}

#[cfg(test)]
mod tests {
    use gpu_bridge_protocol::{BertScoreRequest, EmbedRequest};

    use super::*;

    fn refused<T: DeserializeOwned + std::fmt::Debug>(body: &str) -> (&'static str, Option<String>, String) {
        let error = parse::<T>(body.as_bytes()).unwrap_err();
        (error.code().as_str(), error.field().map(str::to_owned), error.to_string())
    }

    #[test]
    fn what_is_no_json_says_where() {
        for body in
            ["", "{", "texts", r#"{"texts":["a"]} x"#, r#"{"texts":["\ud800"]}"#, "{\"texts\":[\"\u{1}\"]}"]
        {
            let (code, _, detail) = refused::<EmbedRequest>(body);
            assert_eq!(code, "invalid_json", "{body:?}: {detail}");
            assert!(detail.contains("line 1"), "{detail}");
        }
        assert!(parse::<EmbedRequest>(b"{\"texts\":[\"\xff\"]}").is_err());
    }

    #[test]
    fn a_wrong_type_names_its_path() {
        let (code, field, detail) = refused::<EmbedRequest>(r#"{"texts":["a",3]}"#);
        assert_eq!((code, field.as_deref()), ("invalid_field", Some("texts[1]")));
        assert!(detail.contains("integer `3`, expected a string"), "{detail}");
        let (_, field, _) = refused::<EmbedRequest>(r#"{"texts":["a"],"dimensions":-1}"#);
        assert_eq!(field.as_deref(), Some("dimensions"));
        let (_, field, _) = refused::<EmbedRequest>(r#"{"text":["a"]}"#);
        assert_eq!(field.as_deref(), Some("texts"));
        let (_, field, detail) = refused::<EmbedRequest>("[]");
        assert_eq!((field, detail.starts_with("The body")), (None, true), "{detail}");
        let (_, field, detail) =
            refused::<BertScoreRequest>(r#"{"candidates":["a"],"references":[["a"],"b"]}"#);
        assert_eq!(field.as_deref(), Some("references"));
        assert!(detail.contains("a list of texts, or a list of lists of texts"), "{detail}");
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_not_read_to_its_end() {
        assert_eq!(read(Body::from("1234"), 4).await.unwrap(), "1234");
        assert_eq!(read(Body::from("12345"), 4).await, Err(ServiceError::BodyTooLarge { limit: 4 }));
    }
}
