//! How a run went, from its `metrics.jsonl`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::train::chart::Point;
use crate::train::curve::{extremes, rounded};
use crate::train::metrics::Metrics;
use crate::{Error, Result};

/// The file in the run folder.
const LOG: &str = "metrics.jsonl";
/// How many raw losses are kept of a long run: more than a picture has columns.
const MOST: usize = 800;

/// What a run noted of one task.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct History {
    /// (step, loss) of training batches, of long runs the extremes among neighbours.
    pub losses: Vec<Point>,
    /// (step, loss) as a mean in which earlier batches fade.
    pub smoothed: Vec<Point>,
    /// What was measured on held-out texts.
    pub validations: Vec<Validation>,
}

/// A validation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Validation {
    /// After how many batches of all tasks.
    pub step: u64,
    /// In which epoch, from 1.
    pub epoch: u64,
    /// See [`Metrics::loss`].
    pub loss: f64,
    /// See [`Metrics::accuracy`].
    pub accuracy: Option<f64>,
    /// See [`Metrics::auc_macro`].
    pub auc_macro: Option<f64>,
    /// See [`Metrics::auc_micro`].
    pub auc_micro: Option<f64>,
}

/// The histories in the run folder `run` by task; none where it has no log.
///
/// A line that is no object of a batch or a validation is passed over: a later version may log more, and the last line of a
/// run that was killed may be half a line.
///
/// # Errors
/// The log is there and cannot be read.
pub fn read(run: &Path) -> Result<BTreeMap<String, History>> {
    let path = run.join(LOG);
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let log = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    Ok(parse(&log))
}

fn parse(log: &str) -> BTreeMap<String, History> {
    let mut histories: BTreeMap<String, History> = BTreeMap::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        let (Some(step), Some(task)) = (line["step"].as_u64(), line["task"].as_str()) else { continue };
        let history = histories.entry(task.to_owned()).or_default();
        if let Some(loss) = line["loss"].as_f64() {
            history.losses.push([step as f64, loss]);
        }
        if let Ok(metrics) = serde_json::from_value::<Metrics>(line["validation"].clone()) {
            history.validations.push(Validation {
                step,
                epoch: line["epoch"].as_u64().unwrap_or(0),
                loss: metrics.loss,
                accuracy: metrics.accuracy,
                auc_macro: metrics.auc_macro,
                auc_micro: metrics.auc_micro,
            });
        }
    }
    for history in histories.values_mut() {
        history.smoothed = rounded(extremes(&smoothed(&history.losses), MOST));
        history.losses = rounded(extremes(&history.losses, MOST));
    }
    histories
}

/// An exponential mean over about a twentieth of all points, divided by the weight it has gathered (as Adam's moments are),
/// so that it does not start at 0.
fn smoothed(losses: &[Point]) -> Vec<Point> {
    let keep = 1.0 - 1.0 / (losses.len() as f64 / 20.0).clamp(1.0, 200.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    losses
        .iter()
        .map(|&[step, loss]| {
            sum = keep * sum + (1.0 - keep) * loss;
            weight = keep * weight + 1.0 - keep;
            [step, sum / weight]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_its_own_curve() {
        let log = r#"{"step":1,"task":"sentiment","loss":0.7,"seconds":1.0,"learning_rate":1e-5}
{"step":2,"task":"toxicity","loss":0.6,"seconds":2.0}
{"step":2,"epoch":1,"task":"toxicity","validation":{"n":2,"loss":0.5,"accuracy":1.0,"auc_macro":null,"auc_micro":0.5,"labels":{}}}
{"step":3,"what":"a later version's"}
{"step":3,"task":"sentiment","loss":0.5,"sec"#;
        let histories = parse(log);
        assert_eq!(histories["sentiment"].losses, [[1.0, 0.7]]);
        assert_eq!(histories["toxicity"].losses, [[2.0, 0.6]]);
        let validation = &histories["toxicity"].validations[0];
        assert_eq!((validation.step, validation.epoch, validation.auc_macro), (2, 1, None));
        assert!(histories["sentiment"].validations.is_empty());
    }

    #[test]
    fn smoothing_keeps_a_constant_and_starts_at_the_first_loss() {
        let constant: Vec<Point> = (0..100).map(|step| [f64::from(step), 0.25]).collect();
        assert!(smoothed(&constant).iter().all(|point| (point[1] - 0.25).abs() < 1e-12));
        let falling: Vec<Point> = (0..100).map(|step| [f64::from(step), 1.0 / f64::from(step + 1)]).collect();
        assert_eq!(smoothed(&falling)[0], [0.0, 1.0]);
        assert!(smoothed(&falling)[99][1] < 0.03 && smoothed(&[]).is_empty());
    }
}
