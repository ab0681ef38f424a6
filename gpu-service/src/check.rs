//! Limits on what a request holds, checked before any work.

use crate::error::ServiceError;

/// What one request may hold.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Texts or pairs.
    pub batch: usize,
    /// Unicode code points a text.
    pub text: usize,
}

impl Bounds {
    /// The list isn't empty and not too long.
    ///
    /// # Errors
    /// `empty_batch` or `batch_too_large`.
    pub fn count(&self, field: &str, count: usize) -> Result<(), ServiceError> {
        match count {
            0 => Err(ServiceError::EmptyBatch { field: field.to_owned() }),
            _ if count > self.batch => {
                Err(ServiceError::BatchTooLarge { field: field.to_owned(), count, limit: self.batch })
            }
            _ => Ok(()),
        }
    }

    /// The text is short enough. `field` is its path.
    ///
    /// # Errors
    /// `text_too_long`.
    pub fn text(&self, field: &str, text: &str) -> Result<(), ServiceError> {
        // A text has no more code points than bytes, so most need no counting.
        if text.len() <= self.text {
            return Ok(());
        }
        match text.chars().count() {
            length if length > self.text => {
                Err(ServiceError::TextTooLong { field: field.to_owned(), length, limit: self.text })
            }
            _ => Ok(()),
        }
    }

    /// Every text is short enough. `field` names the list; the error names the text.
    ///
    /// # Errors
    /// `text_too_long`.
    pub fn texts(&self, field: &str, texts: &[String]) -> Result<(), ServiceError> {
        let long = |text: &String| self.text(field, text).is_err();
        match texts.iter().position(long) {
            None => Ok(()),
            Some(index) => self.text(&format!("{field}[{index}]"), &texts[index]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { batch: 2, text: 3 };

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn lengths_are_code_points_not_bytes() {
        assert_eq!(BOUNDS.texts("texts", &texts(&["äöü", "日本語", "👍👍👍"])), Ok(()));
        let error = BOUNDS.texts("texts", &texts(&["ok", "👍👍👍👍"])).unwrap_err();
        assert_eq!(error, ServiceError::TextTooLong { field: "texts[1]".into(), length: 4, limit: 3 });
    }

    #[test]
    fn a_list_has_one_entry_at_least_and_the_limit_at_most() {
        assert_eq!(BOUNDS.count("texts", 2), Ok(()));
        assert_eq!(BOUNDS.count("texts", 0), Err(ServiceError::EmptyBatch { field: "texts".into() }));
        let large = ServiceError::BatchTooLarge { field: "texts".into(), count: 3, limit: 2 };
        assert_eq!(BOUNDS.count("texts", 3), Err(large));
    }
}
