//! What the server counts, in the text format of Prometheus (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper ends of the buckets of times, in seconds.
const SECONDS: [f64; 8] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Counts since the server started.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    requests: BTreeMap<(&'static str, u16), u64>,
    durations: BTreeMap<&'static str, Durations>,
    texts: u64,
    batches: u64,
}

#[derive(Debug, Default)]
struct Durations {
    /// Those in each bucket, and not in the ones before it.
    buckets: [u64; SECONDS.len()],
    count: u64,
    sum: f64,
}

impl Metrics {
    /// Counts a request to a route.
    pub fn request(&self, route: &'static str, status: u16, took: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.requests.entry((route, status)).or_default() += 1;
        let durations = counts.durations.entry(route).or_default();
        durations.count += 1;
        durations.sum += took.as_secs_f64();
        if let Some(bucket) = SECONDS.iter().position(|end| took.as_secs_f64() <= *end) {
            durations.buckets[bucket] += 1;
        }
    }

    /// Counts texts that are classified together.
    pub fn batch(&self, texts: usize) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.texts += texts as u64;
        counts.batches += 1;
    }

    /// Everything, `waiting` requests among it.
    pub fn text(&self, waiting: usize) -> String {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        let mut head = |name: &str, kind: &str, help: &str, lines: String| {
            // Writing to a String cannot fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{lines}");
        };
        let requests = counts.requests.iter().map(|((route, status), count)| {
            format!("undertone_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}\n")
        });
        head("undertone_requests_total", "counter", "Requests by route and status.", requests.collect());
        let durations = counts.durations.iter().map(|(route, durations)| durations.lines(route));
        head("undertone_request_duration_seconds", "histogram", "How long requests took.", durations.collect());
        let one = |name: &str, value: u64| format!("{name} {value}\n");
        head(
            "undertone_texts_total",
            "counter",
            "Texts that were classified.",
            one("undertone_texts_total", counts.texts),
        );
        head(
            "undertone_batches_total",
            "counter",
            "How often texts were classified together.",
            one("undertone_batches_total", counts.batches),
        );
        head(
            "undertone_requests_waiting",
            "gauge",
            "Requests that are not answered yet.",
            one("undertone_requests_waiting", waiting as u64),
        );
        text
    }
}

impl Durations {
    fn lines(&self, route: &str) -> String {
        let name = "undertone_request_duration_seconds";
        let mut below = 0;
        let buckets = SECONDS.iter().zip(self.buckets).map(|(end, count)| {
            below += count;
            format!("{name}_bucket{{route=\"{route}\",le=\"{end}\"}} {below}\n")
        });
        let buckets: String = buckets.collect();
        format!(
            "{buckets}{name}_bucket{{route=\"{route}\",le=\"+Inf\"}} {count}\n{name}_sum{{route=\"{route}\"}} {sum}\n\
             {name}_count{{route=\"{route}\"}} {count}\n",
            count = self.count,
            sum = self.sum
        )
    }
}
