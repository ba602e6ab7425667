//! Reliability diagrams: whether a label applies as often as its probabilities say.
//!
//! A report has all labels of a task in one plot, where they can be compared; a model card has a panel for each, with the
//! number of texts in each bin, since a curve says nothing of how many stand behind its points.

use super::{Axis, Bar, Chart, Frame, Histogram, Look, Point, Series, Sheet, slug};
use crate::bundle::Task;
use crate::train::figures::figure;
use crate::train::metrics::{BINS, Bin, Metrics, Reliability, place};

/// Fewer texts than these say little of how often a label applies: their bins are no points.
const ENOUGH: usize = 10;

/// The bins with enough texts as (mean probability, share of positives).
pub fn points(bins: &[Bin]) -> Vec<Point> {
    bins.iter().filter(|bin| bin.texts() >= ENOUGH).map(|bin| [bin.probability, bin.positives]).collect()
}

/// How many texts are in each of the [`BINS`].
fn bars(bins: &[Bin]) -> Vec<Bar> {
    let edge = |place: usize| place as f64 / BINS as f64;
    let bar = |bin: &Bin| {
        let place = place(bin.probability, BINS);
        Bar { from: edge(place), to: edge(place + 1), count: bin.samples }
    };
    bins.iter().map(bar).collect()
}

/// A reliability diagram with these curves.
pub fn diagram(id: String, title: String, description: String, series: Vec<Series>) -> Chart {
    Chart {
        id,
        title,
        description,
        x: Axis::share("mean probability"),
        y: Axis::share("share that has the label"),
        series,
        diagonal: true,
        nothing: "Too few: no bin has ten.",
        histogram: None,
        frame: Frame::ALONE,
    }
}

/// A task's diagrams, one for each label, as the picture `calibration-TASK`.
pub fn panels(task: &Task, metrics: &Metrics, reliability: &Reliability) -> Sheet {
    let error = |label: &str| figure(metrics.labels.get(label).and_then(|of| of.ece));
    let errors: Vec<String> =
        task.labels.iter().map(|label| format!("{} {}", label.name, error(&label.name))).collect();
    let all = if errors.len() > 1 { format!("; over all labels {}", figure(metrics.ece)) } else { String::new() };
    let (id, units) = (format!("calibration-{}", slug(&task.name)), task.unit.plural());
    let description = format!(
        "Of {} in {BINS} bins by probability, the share that has a label against the mean probability; on the \
         diagonal probabilities are right. Expected calibration error: {}{all}.",
        metrics.counted(),
        errors.join(", "),
    );
    let title = format!("Reliability, {}", task.name);
    let panel = |(label, bins): (&crate::bundle::Label, &Vec<Bin>)| {
        let name = format!("ECE {}", error(&label.name));
        let curve = Series { name, points: points(bins), colour: 0, look: Look::Marked };
        let (title, frame) = if errors.len() > 1 { (&label.name, Frame::PANEL) } else { (&title, Frame::ALONE) };
        let histogram = Some(Histogram { label: units, bars: bars(bins) });
        Chart { histogram, frame, ..diagram(String::new(), title.clone(), String::new(), vec![curve]) }
    };
    let charts = task.labels.iter().zip(&reliability.labels).map(panel).collect();
    Sheet { id, title, description, charts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::metrics::Predictions;

    /// Twelve texts in the last bin, of which nine have the label, and three in the fifth.
    fn measured() -> (Metrics, Reliability) {
        let labels = ["toxic".to_owned()];
        let logits = [[3f32; 12].as_slice(), &[-0.75; 3]].concat();
        let targets = [[1f32; 9].as_slice(), &[0.0; 6]].concat();
        let predictions = Predictions {
            logits: &logits,
            targets: &targets,
            weights: &[2.0; 15],
            labels: &labels,
            ..Predictions::default()
        };
        (Metrics::of(&predictions).unwrap(), predictions.reliability(BINS).unwrap())
    }

    #[test]
    fn every_bin_is_counted_and_those_with_enough_texts_are_points() {
        let (_, reliability) = measured();
        let bins = &reliability.labels[0];
        let probability = 1.0 / (1.0 + (-3f64).exp());
        assert_eq!(points(bins).len(), 1);
        let [x, y] = points(bins)[0];
        assert!((x - probability).abs() < 1e-12 && y == 0.75, "{x} {y}");
        let edges = |place: usize| (place as f64 / 15.0, (place + 1) as f64 / 15.0);
        let counted: Vec<_> = bars(bins).iter().map(|bar| ((bar.from, bar.to), bar.count)).collect();
        assert_eq!(counted, [(edges(4), 3), (edges(14), 12)]);
    }

    #[test]
    fn every_label_has_a_panel_of_its_own() {
        let (metrics, reliability) = measured();
        let label = crate::bundle::Label::new;
        let mut task = Task::new("odd name", &["toxic"]);
        let alone = panels(&task, &metrics, &reliability);
        assert_eq!(alone.id, "calibration-odd-name");
        assert!(alone.description.ends_with("Expected calibration error: toxic 0.226."), "{}", alone.description);
        assert!(alone.file().contains(r#"width="400""#));
        task.labels = ["toxic", "threat", "insult", "obscene"].map(label).to_vec();
        let reliability = Reliability { labels: vec![reliability.all.clone(); 4], ..reliability };
        let several = panels(&task, &metrics, &reliability);
        assert!(several.description.contains("threat undefined") && several.description.contains("all labels 0.2"));
        let drawn = several.file();
        assert!(drawn.contains(r#"width="816""#) && drawn.contains(r#"<g transform="translate(0 "#), "{drawn}");
        assert_eq!((drawn.matches("class=\"bar\"").count(), drawn.matches("<title").count()), (8, 1), "{drawn}");
    }
}
