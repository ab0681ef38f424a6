//! vocab.json and merges.txt: tokens with their ids, and which neighbours join, the earlier line first.

use std::collections::HashMap;

use gpu_bridge_checkpoint::ModelFolder;

use crate::Error;
use crate::extent::IDS;
use crate::family::Family;
use crate::problem::Problem;

const TOKENS: &str = "vocab.json";
const MERGES: &str = "merges.txt";

/// Two neighbours that join.
pub(crate) type Merge = (String, String);

/// See the module.
#[derive(Debug)]
pub(crate) struct BytePair {
    ids: HashMap<String, u32>,
    merges: Vec<Merge>,
}

impl BytePair {
    pub(crate) fn load(family: Family, folder: &ModelFolder) -> Result<Self, Error> {
        let ids: HashMap<String, u32> = folder.json(TOKENS)?;
        if let Some((token, id)) = ids.iter().find(|(_, id)| **id >= IDS) {
            return Err(Problem::new(format!("Its token {token:?} has the id {id}.")).of(folder, TOKENS));
        }
        let headed = family != Family::Qwen2;
        let merges = read(&folder.bytes(MERGES)?, headed).and_then(|merges| checked(merges, &ids));
        Ok(Self { merges: merges.map_err(|problem| problem.of(folder, MERGES))?, ids })
    }

    pub(crate) fn ids(&self) -> &HashMap<String, u32> {
        &self.ids
    }

    pub(crate) fn merges(&self) -> &[Merge] {
        &self.merges
    }
}

/// The lines of the file. GPT-2's readers drop the first line whatever it says (`headed`), and what follows the last line
/// feed; Qwen2's drops the first where it names a version.
fn read(bytes: &[u8], headed: bool) -> Result<Vec<Merge>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::new("It is not UTF-8."))?;
    let text = text.replace("\r\n", "\n");
    let (first, rest) = text.split_once('\n').unwrap_or_default();
    let lines = match headed {
        true => rest.rsplit_once('\n').map_or("", |(lines, _)| lines),
        false if first.starts_with("#version:") => rest,
        false => &text,
    };
    lines.lines().filter(|line| !line.trim().is_empty()).map(pair).collect()
}

fn pair(line: &str) -> Result<Merge, Problem> {
    let mut parts = line.split_whitespace().map(str::to_owned);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(left), Some(right), None) => Ok((left, right)),
        _ => Err(Problem::new(format!("Its line {line:?} is not two tokens with a space between them."))),
    }
}

/// Refuses what joins to no token.
fn checked(merges: Vec<Merge>, ids: &HashMap<String, u32>) -> Result<Vec<Merge>, Problem> {
    let known = |(left, right): &Merge| {
        [left, right, &format!("{left}{right}")].iter().all(|token| ids.contains_key(*token))
    };
    match merges.iter().find(|merge| !known(merge)) {
        Some((left, right)) => {
            let problem =
                format!("It joins {left:?} and {right:?}, but vocab.json lacks them or what they join to.");
            Err(Problem::new(problem))
        }
        None => Ok(merges),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(left: &str, right: &str) -> Merge {
        (left.to_owned(), right.to_owned())
    }

    #[test]
    fn the_first_line_is_dropped_as_the_reference_drops_it() {
        let lines = b"#version: 0.2\na b\nc d\n";
        assert_eq!(read(lines, true).unwrap(), [merge("a", "b"), merge("c", "d")]);
        assert_eq!(read(lines, false).unwrap(), [merge("a", "b"), merge("c", "d")]);
        assert_eq!(read(b"a b\nc d\n", true).unwrap(), [merge("c", "d")]);
        assert_eq!(read(b"a b\nc d", false).unwrap(), [merge("a", "b"), merge("c", "d")]);
    }

    #[test]
    fn a_broken_line_is_named() {
        let problem = read(b"\na b c\n", true).unwrap_err();
        assert_eq!(problem, Problem::new("Its line \"a b c\" is not two tokens with a space between them."));
    }
}
