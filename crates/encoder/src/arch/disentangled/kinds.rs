//! The kinds of attention to relative positions, `pos_att_type` in config.json.

use serde::Deserialize;

/// See the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Option<Spelled>")]
pub(in crate::arch) struct Kinds {
    /// How many are named; transformers counts one that is named twice as two.
    pub(in crate::arch) named: usize,
    /// Queries meet positions.
    pub(in crate::arch) content_to_position: bool,
    /// Keys meet positions.
    pub(in crate::arch) position_to_content: bool,
}

/// `c2p|p2c`, or a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Spelled {
    Joined(String),
    Listed(Vec<String>),
}

impl Kinds {
    /// How many differ.
    pub(in crate::arch) fn different(self) -> usize {
        usize::from(self.content_to_position) + usize::from(self.position_to_content)
    }
}

impl TryFrom<Option<Spelled>> for Kinds {
    type Error = String;

    fn try_from(spelled: Option<Spelled>) -> Result<Self, String> {
        let names = match spelled {
            None => Vec::new(),
            Some(Spelled::Listed(names)) => names,
            Some(Spelled::Joined(names)) => {
                names.to_lowercase().split('|').map(|name| name.trim().to_owned()).collect()
            }
        };
        let mut kinds = Self { named: names.len(), ..Self::default() };
        for name in names {
            match &*name {
                "c2p" => kinds.content_to_position = true,
                "p2c" => kinds.position_to_content = true,
                _ => {
                    return Err(format!(
                        "The `pos_att_type` `{name}` is not supported; `c2p` and `p2c` are."
                    ));
                }
            }
        }
        Ok(kinds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(spelled: &str) -> Result<Kinds, serde_json::Error> {
        serde_json::from_str(spelled)
    }

    #[test]
    fn both_spellings_are_understood() {
        let both = Kinds { named: 2, content_to_position: true, position_to_content: true };
        assert_eq!(read("\"P2C | c2p\"").unwrap(), both);
        assert_eq!(read("[\"c2p\", \"p2c\"]").unwrap(), both);
        assert_eq!(read("null").unwrap(), Kinds::default());
        let twice = read("[\"p2c\", \"p2c\"]").unwrap();
        assert_eq!((twice.named, twice.different()), (2, 1));
    }

    #[test]
    fn other_kinds_are_named() {
        let error = read("\"c2p|p2p\"").unwrap_err().to_string();
        assert!(error.contains("`p2p`"), "{error}");
    }
}
