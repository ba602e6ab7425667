//! A run in progress: its folder, how far it has come, and from where it can go on when something fails.

use std::path::Path;

use serde_json::Value;

use super::RunOptions;
use super::learner::Learner;
use super::task::Task;
use crate::text::WordCounts;
use crate::train::Progress;
use crate::train::checkpoint::{self, Position};
use crate::train::data::Example;
use crate::train::provenance::{Environment, Provenance};
use crate::train::recipe::Recipe;
use crate::train::run::{OpenRun, Record};
use crate::{Error, Result};

/// The state of a run but for its tensors.
pub struct RunState {
    folder: OpenRun,
    position: Position,
    /// What the best model so far is.
    kept: Option<Record>,
    /// The step of the checkpoint on disk.
    saved: Option<usize>,
}

impl RunState {
    /// Makes the folder of a new run.
    pub fn create(out: &Path, recipe: &Recipe, provenance: &Provenance) -> Result<Self> {
        let folder = OpenRun::create(out)?;
        Ok(Self { folder, position: start(recipe, provenance), kept: None, saved: None })
    }

    /// Opens the folder of a run that was interrupted, which must have been of this recipe and made from the same, and gives the
    /// content of its checkpoint. Without one the run starts again.
    pub fn resume(out: &Path, recipe: &Recipe, provenance: &Provenance) -> Result<(Self, Option<Vec<u8>>)> {
        let (folder, checkpoint) = OpenRun::resume(out)?;
        let kept = folder.kept()?;
        let position = checkpoint.as_deref().map(checkpoint::position).transpose()?;
        let of_checkpoint = position.as_ref().map(|position| (&position.recipe, &position.provenance));
        let of_model = kept.as_ref().map(|record| (&record.recipe, &record.provenance));
        for (started_recipe, started) in of_checkpoint.into_iter().chain(of_model) {
            recipe.check_same(started_recipe)?;
            provenance.check_same(started)?;
        }
        let saved = position.as_ref().map(|position| position.step);
        if kept.is_none() {
            folder.check_none_kept(saved.unwrap_or(0))?;
        }
        let position = position.unwrap_or_else(|| start(recipe, provenance));
        Ok((Self { folder, position, kept, saved }, checkpoint))
    }

    /// Leaves the texts that each task is validated on in the folder.
    pub fn keep_held_out(&self, tasks: &[Task], held_out: &[Vec<Example>]) -> Result<()> {
        tasks.iter().zip(held_out).try_for_each(|(task, examples)| {
            self.folder.keep_held_out(&task.name, &task.labels, (task.unit, task.kind), examples)
        })
    }

    /// Takes back what the log has of steps that are to be done again, writes down by what the run is computed from here on, and says
    /// so where that has changed.
    pub fn begin(&mut self, options: &RunOptions, progress: &mut dyn Progress) -> Result<()> {
        self.folder.rewind_log(self.position.step)?;
        let environments = &mut self.position.environments;
        let now = Environment::new(self.position.step, &options.device, options.precision);
        match environments.last().map(|before| now.change_from(before)) {
            Some(None) => {}
            Some(Some(change)) => {
                progress.note(&format!(
                    "From here on {change}: the bytes will not be those of a run that was never interrupted"
                ));
                environments.push(now);
            }
            None => environments.push(now),
        }
        Ok(())
    }

    /// How far the run has come, and what it was made from.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// How many steps are done.
    pub fn step(&self) -> usize {
        self.position.step
    }

    /// How many seconds they took.
    pub fn seconds(&self) -> f64 {
        self.position.seconds
    }

    /// What the best model so far is.
    pub fn kept(&self) -> Option<&Record> {
        self.kept.as_ref()
    }

    /// One more step is done, after so many seconds in all.
    pub fn advance(&mut self, seconds: f64) {
        self.position.step += 1;
        self.position.seconds = seconds;
    }

    /// Appends a line to the log.
    pub fn log(&self, line: &Value) -> Result<()> {
        self.or_resume(self.folder.log(line))
    }

    /// Writes a checkpoint.
    pub fn save(&mut self, learner: &Learner) -> Result<()> {
        let checkpoint = checkpoint::encode(&self.position, &learner.parameters, &learner.optimizer)?;
        self.or_resume(self.folder.save_checkpoint(&checkpoint))?;
        self.saved = Some(self.position.step);
        Ok(())
    }

    /// Keeps the model as the best so far.
    pub fn keep(
        &mut self,
        mut record: Record,
        learner: &Learner,
        tokenizer: &[u8],
        word_counts: &WordCounts,
    ) -> Result<()> {
        self.or_resume(self.folder.keep(&mut record, learner.parameters.weights(), tokenizer, word_counts))?;
        self.kept = Some(record);
        Ok(())
    }

    /// Leaves the folder with the best model, whose record it gives.
    pub fn finish(self) -> Result<Record> {
        let kept = self.kept.ok_or_else(|| Error::invalid("the run has ended without a model"))?;
        self.folder.finish()?;
        Ok(kept)
    }

    /// The error for a run that has diverged, as `symptom` shows: what is left of it, and what to try.
    pub fn diverged(&self, symptom: &str) -> Error {
        let checkpoint = match self.saved {
            Some(step) => format!("The last checkpoint is of step {step}"),
            None => "There was no checkpoint yet".to_owned(),
        };
        let best = match &self.kept {
            Some(kept) => format!(", and the best model, of step {}, is in the run folder", kept.best_step),
            None => String::new(),
        };
        Error::Diverged(format!(
            "{symptom}: training has diverged. {checkpoint}{best}. Start anew with a lower learning-rate, or with clip-norm 1"
        ))
    }

    /// Says of a failure from where the run can go on once its cause is mended.
    fn or_resume<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| {
            let way_on = match self.saved {
                Some(step) => format!("the run can be resumed after step {step}"),
                None => "start it again in a new folder, as there was no checkpoint yet".to_owned(),
            };
            Error::invalid(format!(
                "{error}. The run stopped at step {}; once that is mended, {way_on}",
                self.position.step
            ))
        })
    }
}

/// Before the first step.
fn start(recipe: &Recipe, provenance: &Provenance) -> Position {
    let (recipe, provenance) = (recipe.clone(), provenance.clone());
    Position { step: 0, seconds: 0.0, recipe, provenance, environments: Vec::new() }
}
