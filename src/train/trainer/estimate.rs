//! How long a run will take and how much memory it will need, as far as one batch tells that is computed and thrown away.

use std::time::Instant;

use candle_core::Device;

use super::learner::Learner;
use crate::Result;
use crate::train::memory::resident_megabytes;

/// One line on what there is still to do after `done` steps, and what it will take on `device`.
pub fn estimate(learner: &Learner, done: usize, device: &Device) -> Result<String> {
    let recipe = &learner.recipe;
    let (task, batch) = learner.batch(done, recipe.batch_size);
    if !device.is_cpu() {
        // The very first batch waits for kernels to be compiled: an H100 would have needed 49 hours for what it did in 8 minutes.
        learner.gradients(done, task, &batch)?;
        device.synchronize()?;
    }
    let (started, before) = (Instant::now(), resident_megabytes());
    let gradients = learner.gradients(done, task, &batch)?;
    device.synchronize()?;
    let trial = Trial {
        seconds: started.elapsed().as_secs_f64(),
        tokens: learner.tasks[task].train.tokens(&batch),
        megabytes: before.zip(resident_megabytes()).map(|(before, after)| [before, after]),
    };
    drop(gradients);
    let left = learner.steps() - done;
    let epochs = left as f64 / learner.steps_per_epoch() as f64;
    let validations = epochs + recipe.validate_every.map_or(0.0, |every| (left / every) as f64);
    let mut work = Work {
        steps: left,
        parameters: learner.parameters.variables().map(|(_, variable)| variable.elem_count()).sum(),
        ..Work::default()
    };
    for (number, task) in learner.tasks.iter().enumerate() {
        let all = task.train.by_length();
        work.tokens += epochs * learner.passes(number) * task.train.tokens(&all) as f64;
        work.validation_tokens += validations * task.validation.tokens(&task.validation.by_length()) as f64;
        let longest = &all[..recipe.batch_size.min(all.len())];
        work.largest_batch = work.largest_batch.max(task.train.tokens(longest));
    }
    Ok(work.estimate(trial))
}

/// What was seen of the batch.
#[derive(Debug, Clone, Copy)]
struct Trial {
    /// How long it took, forward and back.
    seconds: f64,
    /// How many tokens it has.
    tokens: usize,
    /// The process's memory before and after it, in MB, where the system tells.
    megabytes: Option<[u64; 2]>,
}

/// What there is to do.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    /// The optimiser's steps that are left.
    steps: usize,
    /// Tokens to learn from in these steps.
    tokens: f64,
    /// Tokens of held-out texts to be scored in all validations.
    validation_tokens: f64,
    /// The most tokens that a batch may have.
    largest_batch: usize,
    /// How many numbers are trained.
    parameters: usize,
}

/// The back pass takes twice as long as the way forward, which is all that validation needs.
const FORWARD: f64 = 1.0 / 3.0;

impl Work {
    /// One line on what it will take.
    fn estimate(&self, trial: Trial) -> String {
        let tokens = self.tokens + FORWARD * self.validation_tokens;
        let seconds = trial.seconds * tokens / trial.tokens as f64;
        let memory = trial.megabytes.map_or(String::new(), |megabytes| {
            format!(" and {} of memory", amount(self.megabytes(trial.tokens, megabytes)))
        });
        format!("{} steps, to take {}{memory}, as the first batch went", self.steps, duration(seconds))
    }

    /// The optimiser's two moments are not touched before its first step. What a batch takes grows with its tokens, and is free
    /// again when a checkpoint is made: three numbers for each parameter, once as they are and once as the file's content.
    fn megabytes(&self, tokens: usize, [before, after]: [u64; 2]) -> f64 {
        let of_parameters = |numbers: usize| (4 * numbers * self.parameters) as f64 / 1e6;
        let batch = after.saturating_sub(before) as f64 * (self.largest_batch as f64 / tokens as f64).max(1.0);
        before as f64 + of_parameters(2) + batch.max(of_parameters(6))
    }
}

/// Megabytes, to two digits.
fn amount(megabytes: f64) -> String {
    if megabytes >= 995.0 {
        format!("{:.1} GB", megabytes / 1000.0)
    } else {
        format!("{:.0} MB", 10.0 * (megabytes / 10.0).ceil())
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        0.0..10.0 => "ten seconds at most".to_owned(),
        10.0..100.0 => format!("about {seconds:.0} seconds"),
        100.0..6000.0 => format!("about {:.0} minutes", seconds / 60.0),
        _ => format!("about {:.1} hours", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_by_tokens_and_memory_by_the_largest_batch() {
        let work = Work {
            steps: 300,
            tokens: 600_000.0,
            validation_tokens: 30_000.0,
            largest_batch: 4000,
            parameters: 22_000_000,
        };
        let trial = Trial { seconds: 0.5, tokens: 2000, megabytes: Some([400, 900]) };
        // 610,000 tokens at 4,000 a second; 400 + 176 MB, and of 2 × 500 and 528 the larger.
        let said = work.estimate(trial);
        assert_eq!(said, "300 steps, to take about 3 minutes and 1.6 GB of memory, as the first batch went");
        let said = work.estimate(Trial { megabytes: None, seconds: 0.01, ..trial });
        assert_eq!(said, "300 steps, to take ten seconds at most, as the first batch went");
        let small = Work { parameters: 100_000, ..work };
        let said = small.estimate(Trial { seconds: 60.0, megabytes: Some([40, 45]), ..trial });
        assert_eq!(said, "300 steps, to take about 5.1 hours and 60 MB of memory, as the first batch went");
    }
}
