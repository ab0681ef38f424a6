//! Reads OpenMetrics text back, strictly: what breaks a rule of the format that a scraper relies on is an error. For
//! tests; behind the feature `reading`.
//!
//! Held are: HELP and TYPE before the samples of a family, each family once and in one piece, names that fit the type,
//! labels that are closed and escaped, no series twice, counts that are no less than zero, buckets that add up, EOF.

use std::collections::{BTreeMap, BTreeSet};

/// What was told.
#[derive(Debug, Default)]
pub struct Read {
    /// By name and labels, as they are written: `calls_total{route="/embed"}`, the labels in alphabetical order.
    samples: BTreeMap<String, f64>,
    families: BTreeSet<String>,
}

struct Family {
    name: String,
    kind: String,
    /// Of the histogram's series: buckets so far.
    buckets: BTreeMap<String, Vec<(f64, f64)>>,
}

impl Read {
    /// Reads a whole answer.
    ///
    /// # Errors
    /// Says which line breaks which rule.
    pub fn parse(text: &str) -> Result<Self, String> {
        let body = text.strip_suffix("# EOF\n").ok_or("it doesn't end with # EOF and a line feed")?;
        let (mut read, mut help, mut family) = (Self::default(), None, None);
        for line in body.lines() {
            let told = match line.strip_prefix("# ") {
                Some(about) => read.describe(about, &mut help, &mut family),
                None => family
                    .as_mut()
                    .ok_or("no family")
                    .map_err(str::to_owned)
                    .and_then(|f| read.sample(line, f)),
            };
            told.map_err(|fault| format!("{fault}: {line}"))?;
        }
        read.close(family.as_ref())?;
        Ok(read)
    }

    /// The value of a series; the labels in alphabetical order.
    pub fn get(&self, series: &str) -> Option<f64> {
        self.samples.get(series).copied()
    }

    /// The families, by name.
    pub fn families(&self) -> impl Iterator<Item = &str> {
        self.families.iter().map(String::as_str)
    }

    /// Series whose names begin so.
    pub fn beginning(&self, prefix: &str) -> Vec<(&str, f64)> {
        let all = self.samples.iter().map(|(series, value)| (series.as_str(), *value));
        all.filter(|(series, _)| series.starts_with(prefix)).collect()
    }

    fn describe(
        &mut self,
        about: &str,
        help: &mut Option<String>,
        family: &mut Option<Family>,
    ) -> Result<(), String> {
        let mut words = about.splitn(3, ' ');
        let (word, name, rest) =
            (words.next(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match word {
            Some("HELP") if self.families.contains(name) => Err("the family was told before".to_owned()),
            Some("HELP") if rest.is_empty() || !is_name(name) => Err("no name or no text".to_owned()),
            Some("HELP") => {
                self.close(family.take().as_ref())?;
                *help = Some(name.to_owned());
                Ok(())
            }
            Some("TYPE") if help.take().as_deref() == Some(name) => {
                let known = ["counter", "gauge", "histogram"].contains(&rest);
                self.families.insert(name.to_owned());
                *family =
                    Some(Family { name: name.to_owned(), kind: rest.to_owned(), buckets: BTreeMap::new() });
                if known { Ok(()) } else { Err("an unknown type".to_owned()) }
            }
            _ => Err("no HELP, or a TYPE without its HELP before it".to_owned()),
        }
    }

    fn sample(&mut self, line: &str, family: &mut Family) -> Result<(), String> {
        let (series, number) = line.rsplit_once(' ').ok_or("no value")?;
        let value: f64 = number.parse().map_err(|_| "the value is no number")?;
        let (name, mut labels) = match series.split_once('{') {
            Some((name, rest)) => (name, labels(rest)?),
            None => (series, BTreeMap::new()),
        };
        let suffix = name.strip_prefix(&family.name).ok_or("the sample is of another family")?;
        let fits = match family.kind.as_str() {
            "counter" => suffix == "_total" && value >= 0.0,
            "gauge" => suffix.is_empty() && value.is_finite(),
            _ => ["_sum", "_count", "_bucket"].contains(&suffix) && value >= 0.0,
        };
        if !fits {
            return Err("name or value don't fit the type".to_owned());
        }
        let whole = write(name, &labels);
        if suffix == "_bucket" {
            let bound = labels.remove("le").ok_or("a bucket without a bound")?;
            let bound = if bound == "+Inf" { Ok(f64::INFINITY) } else { bound.parse() };
            let bound = bound.map_err(|_| "the bound is no number")?;
            family.buckets.entry(write("", &labels)).or_default().push((bound, value));
        }
        match self.samples.insert(whole, value) {
            None => Ok(()),
            Some(_) => Err("the series was told before".to_owned()),
        }
    }

    /// A family is complete: its buckets have to add up.
    fn close(&self, family: Option<&Family>) -> Result<(), String> {
        let Some(Family { name, buckets, .. }) = family else { return Ok(()) };
        for (labels, buckets) in buckets {
            let rise = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
            let count = self.get(&format!("{name}_count{labels}"));
            let last = buckets.last().filter(|(bound, _)| *bound == f64::INFINITY);
            if !rise || last.is_none() || last.map(|(_, all)| *all) != count {
                return Err(format!("the buckets of {name}{labels} don't add up"));
            }
        }
        Ok(())
    }
}

/// Labels up to and with the closing brace, their values as they were before they were escaped.
fn labels(mut rest: &str) -> Result<BTreeMap<String, String>, String> {
    let mut labels = BTreeMap::new();
    while rest != "}" {
        let (name, quoted) = rest.split_once("=\"").ok_or("a label without a value")?;
        let (value, behind) = unescape(quoted).ok_or("a label that isn't closed or badly escaped")?;
        if !is_name(name) || labels.insert(name.to_owned(), value).is_some() {
            return Err("a label's name is none, or there twice".to_owned());
        }
        rest = match behind.strip_prefix(',') {
            Some(more) if more != "}" => more,
            _ if behind == "}" => behind,
            _ => return Err("the labels don't end".to_owned()),
        };
    }
    Ok(labels)
}

fn unescape(quoted: &str) -> Option<(String, &str)> {
    let (mut value, mut letters) = (String::new(), quoted.char_indices());
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                same @ ('\\' | '"') => same,
                _ => return None,
            }),
            other => value.push(other),
        }
    }
    None
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.bytes().all(fits)
}

fn write(name: &str, labels: &BTreeMap<String, String>) -> String {
    let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    match labels.is_empty() {
        true => name.to_owned(),
        false => format!("{name}{{{}}}", labels.join(",")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# HELP a Text.\n# TYPE a counter\n";

    #[test]
    fn what_is_told_is_read() {
        let read = Read::parse(&format!("{HEAD}a_total{{h=\"x\\\"\\\\\\ny\",b=\"c\"}} 3\n# EOF\n")).unwrap();
        assert_eq!(read.get("a_total{b=\"c\",h=\"x\"\\\ny\"}"), Some(3.0));
        assert_eq!((read.families().count(), read.beginning("a_").len()), (1, 1));
    }

    #[test]
    fn what_breaks_a_rule_is_named() {
        let histogram = "# HELP t Text.\n# TYPE t histogram\nt_sum 1\nt_count 2\n";
        let broken = [
            "a_total 1\n".to_owned(),
            format!("{HEAD}a 1\n"),
            format!("{HEAD}a_total -1\n"),
            format!("{HEAD}b_total 1\n"),
            format!("{HEAD}a_total one\n"),
            format!("{HEAD}a_total 1\na_total 2\n"),
            format!("{HEAD}a_total{{h=\"x}} 1\n"),
            format!("{HEAD}a_total{{h=\"x\",}} 1\n"),
            format!("{HEAD}a_total{{h=\"x\",h=\"y\"}} 1\n"),
            format!("{HEAD}{HEAD}"),
            "# TYPE a counter\n".to_owned(),
            "# HELP a Text.\n# TYPE a sum\n".to_owned(),
            format!("{histogram}t_bucket{{le=\"1\"}} 2\n"),
            format!("{histogram}t_bucket{{le=\"1\"}} 2\nt_bucket{{le=\"+Inf\"}} 1\n"),
            format!("{histogram}t_bucket{{le=\"1\"}} 1\nt_bucket{{le=\"+Inf\"}} 3\n"),
        ];
        for body in broken {
            assert!(Read::parse(&format!("{body}# EOF\n")).is_err(), "{body}");
        }
        assert!(Read::parse(HEAD).is_err(), "there is no end");
    }
}
