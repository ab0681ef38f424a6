//! Which text of a request an engine may mean when it refuses one.
//!
//! Engines complain of an empty or an overlong text without saying which. Empty is what can be seen; of the long ones the
//! longest is named, for it is too long if any is. Nothing is added to other complaints.

use crate::fault::Fault;

/// The complaint, with the text that it must be about where there are several. `texts` are those of the request.
pub(crate) fn name(fault: Fault, texts: &[String]) -> Fault {
    let complaint = fault.message.to_lowercase();
    let says = |word: &&str| complaint.contains(word);
    let culprit = match texts.len() {
        0 | 1 => None,
        _ if says(&"empty") => empty(texts),
        _ if ["tokens", "characters", "length", "too large", "too long"].iter().any(says) => longest(texts),
        _ => None,
    };
    match culprit {
        Some(culprit) => Fault { message: format!("{} ({culprit})", fault.message), ..fault },
        None => fault,
    }
}

fn empty(texts: &[String]) -> Option<String> {
    let index = texts.iter().position(String::is_empty)?;
    Some(format!("`texts[{index}]` is empty"))
}

fn longest(texts: &[String]) -> Option<String> {
    let counts = texts.iter().map(|text| text.chars().count());
    let (index, count) = counts.enumerate().max_by_key(|&(index, count)| (count, usize::MAX - index))?;
    Some(format!("the longest text of the request is `texts[{index}]`, with {count} characters"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_or_the_longest_text_is_named_where_there_is_a_choice() {
        let texts = ["a", "ääää", "", "bbbb"].map(str::to_owned);
        let named = |message: &str, texts: &[String]| name(Fault::new("x", None, message), texts).message;
        let longest = " (the longest text of the request is `texts[1]`, with 4 characters)";
        for (message, culprit) in [
            ("`inputs` cannot be empty", " (`texts[2]` is empty)"),
            ("`inputs` must have less than 2 tokens. Given: 4", longest),
            ("input (4 tokens) is too large to process", longest),
            ("String should have at most 2 characters", longest),
            ("dimensions must be unset", ""),
        ] {
            assert_eq!(named(message, &texts), format!("{message}{culprit}"));
            assert_eq!(named(message, &texts[..1]), message);
        }
        assert_eq!(named("empty", &texts[..2]), "empty");
    }
}
