//! Families of figures as OpenMetrics text.
//!
//! prometheus-client does the writing and the escaping. Its registry lives for the length of one answer: what is told
//! is whatever there is at that moment.

use std::fmt::{self, Debug};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use crate::histogram::Histogram;

/// The media type of what [`expose`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Names and values, the same names in the same order all over a family.
pub type Labels<'a, const L: usize> = [(&'static str, &'a str); L];

/// Writes what `tell` tells. Every family may be told once, and every set of labels once in it.
pub fn expose(tell: impl Fn(&mut Families<'_>) -> fmt::Result + Send + Sync + 'static) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Teller(tell)));
    let mut text = String::new();
    // A string takes whatever is written to it.
    let _ = encode(&mut text, &registry);
    text
}

struct Teller<F>(F);

impl<F> Debug for Teller<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Teller")
    }
}

impl<F: Fn(&mut Families<'_>) -> fmt::Result + Send + Sync + 'static> Collector for Teller<F> {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        (self.0)(&mut Families(encoder))
    }
}

/// Takes families, one after the other. `name` has its unit at its end; `help` is one line without backslashes.
pub struct Families<'a>(DescriptorEncoder<'a>);

impl Families<'_> {
    /// What only grows. `_total` is put behind the name.
    ///
    /// # Errors
    /// Never: the text is a string.
    pub fn counter<'l, const L: usize>(
        &mut self,
        (name, help): (&str, &str),
        samples: impl IntoIterator<Item = (Labels<'l, L>, u64)>,
    ) -> fmt::Result {
        self.family((name, help), MetricType::Counter, samples, |mut sample, count| {
            sample.encode_counter::<NoLabelSet, u64, f64>(&count, None)
        })
    }

    /// What rises and falls.
    ///
    /// # Errors
    /// Never: the text is a string.
    pub fn gauge<'l, const L: usize>(
        &mut self,
        (name, help): (&str, &str),
        samples: impl IntoIterator<Item = (Labels<'l, L>, f64)>,
    ) -> fmt::Result {
        self.family((name, help), MetricType::Gauge, samples, |mut sample, figure| {
            sample.encode_gauge(&figure)
        })
    }

    /// How figures are spread.
    ///
    /// # Errors
    /// Never: the text is a string.
    pub fn histogram<'l, 'h, const L: usize, const N: usize>(
        &mut self,
        (name, help): (&str, &str),
        samples: impl IntoIterator<Item = (Labels<'l, L>, &'h Histogram<N>)>,
    ) -> fmt::Result {
        self.family((name, help), MetricType::Histogram, samples, |mut sample, seen| {
            sample.encode_histogram::<NoLabelSet>(seen.sum(), seen.count(), &seen.buckets(), None)
        })
    }

    fn family<'l, const L: usize, V>(
        &mut self,
        (name, help): (&str, &str),
        metric: MetricType,
        samples: impl IntoIterator<Item = (Labels<'l, L>, V)>,
        write: impl Fn(MetricEncoder<'_>, V) -> fmt::Result,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, metric)?;
        for (labels, value) in samples {
            write(family.encode_family(&labels)?, value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_the_format_has_them() {
        let mut seen = Histogram::new(&[0.5]);
        [0.25, 2.0].into_iter().for_each(|figure| seen.observe(figure));
        let text = expose(move |families| {
            families.counter(("calls", "Calls."), [([("host", "a \"b\"\\\nc")], 7)])?;
            families.gauge(("queue_tokens", "Tokens that wait."), [([], 1.5)])?;
            families.histogram(("took_seconds", "Seconds."), [([("route", "/embed")], &seen)])
        });
        let expected = "# HELP calls Calls.\n# TYPE calls counter\n\
            calls_total{host=\"a \\\"b\\\"\\\\\\nc\"} 7\n\
            # HELP queue_tokens Tokens that wait.\n# TYPE queue_tokens gauge\nqueue_tokens{} 1.5\n\
            # HELP took_seconds Seconds.\n# TYPE took_seconds histogram\n\
            took_seconds_sum{route=\"/embed\"} 2.25\ntook_seconds_count{route=\"/embed\"} 2\n\
            took_seconds_bucket{le=\"0.5\",route=\"/embed\"} 1\n\
            took_seconds_bucket{le=\"+Inf\",route=\"/embed\"} 2\n# EOF\n";
        assert_eq!(text, expected);
    }
}
