//! vocab.txt: a token a line, its id the line's number from 0.

use std::collections::HashMap;

use gpu_bridge_checkpoint::ModelFolder;

use crate::Error;
use crate::problem::Problem;

const FILE: &str = "vocab.txt";

/// See the module.
#[derive(Debug)]
pub(crate) struct WordPiece(HashMap<String, u32>);

impl WordPiece {
    pub(crate) fn load(folder: &ModelFolder) -> Result<Self, Error> {
        Self::read(&folder.bytes(FILE)?).map_err(|problem| problem.of(folder, FILE))
    }

    /// Lines end as Python ends them: with a line feed, a carriage return or both. Of equal lines the last counts.
    fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(bytes).map_err(|_| Problem::new("It is not UTF-8."))?;
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let ids: HashMap<_, _> = text.lines().map(str::to_owned).zip(0..).collect();
        if ids.is_empty() { Err(Problem::new("It is empty.")) } else { Ok(Self(ids)) }
    }

    pub(crate) fn ids(&self) -> &HashMap<String, u32> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_token_and_its_number_the_id() {
        let words = WordPiece::read(b"[PAD]\r\n[UNK]\n##a\n\nb").unwrap();
        assert_eq!(words.ids()["##a"], 2);
        assert_eq!(words.ids()["b"], 4);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert!(WordPiece::read(b"").is_err());
        assert!(WordPiece::read(b"\xff\n").is_err());
    }
}
