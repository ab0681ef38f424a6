//! A host counts the items of the slice it got; its complaints have to name those of the call.

/// The lists whose entries are cut into slices.
const LISTS: [&str; 5] = ["texts[", "input[", "candidates[", "references[", "documents["];

/// The message with the first index of each list moved by `start`.
pub(crate) fn shift(message: &str, start: usize) -> String {
    let mut shifted = String::with_capacity(message.len() + 8);
    let mut rest = message;
    while let Some((at, list)) = first(rest) {
        let (before, behind) = rest.split_at(at + list.len());
        let digits = behind.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(behind.len());
        shifted.push_str(before);
        match behind[..digits].parse::<usize>() {
            Ok(index) => shifted.push_str(&(index + start).to_string()),
            Err(_) => shifted.push_str(&behind[..digits]),
        }
        rest = &behind[digits..];
    }
    shifted + rest
}

fn first(text: &str) -> Option<(usize, &'static str)> {
    LISTS.into_iter().filter_map(|list| Some((text.find(list)?, list))).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_those_of_the_call() {
        let message = "`texts[3]` has 60 characters, `references[0][2]` has [4], texts[x] and candidates[";
        let expected =
            "`texts[103]` has 60 characters, `references[100][2]` has [4], texts[x] and candidates[";
        assert_eq!(shift(message, 100), expected);
        assert_eq!(shift("nothing", 5), "nothing");
    }
}
