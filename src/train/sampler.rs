//! What each step of a run holds: a function of the seed and the step's number alone, so that a resumed run needs no memory of it.

use serde::{Deserialize, Serialize};

use crate::random::Key;

/// How the batches of several tasks are mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mix {
    /// A batch of each task in turn. An epoch is over when the task with the most batches has been gone through; the others
    /// begin anew, in a new order, as often as that takes. Tasks count alike, however many texts each has.
    InTurn,
    /// Each task as often as it has batches, spread evenly: an epoch sees every text once, or as often as the task
    /// says.
    Proportional,
}

/// Which task has which step of an epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSampler {
    /// The task of each step.
    tasks: Vec<usize>,
    /// How many of the epoch's steps before this one are of the same task.
    earlier: Vec<usize>,
    /// How many steps of an epoch each task has.
    counts: Vec<usize>,
}

impl TaskSampler {
    /// Mixes tasks that take `batches` steps each to go through.
    pub fn new(mix: Mix, batches: &[usize]) -> Self {
        let counts = match mix {
            Mix::InTurn => vec![batches.iter().copied().max().unwrap_or(0); batches.len()],
            Mix::Proportional => batches.to_vec(),
        };
        let steps: usize = counts.iter().sum();
        let mut done = vec![0; counts.len()];
        let (mut tasks, mut earlier) = (Vec::with_capacity(steps), Vec::with_capacity(steps));
        for step in 0..steps {
            // The task that is furthest behind its share; of equal ones the first.
            let behind = |task: usize| (step + 1) as f64 * counts[task] as f64 / steps as f64 - done[task] as f64;
            let Some(task) = (0..counts.len()).rev().max_by(|&a, &b| behind(a).total_cmp(&behind(b))) else { break };
            tasks.push(task);
            earlier.push(done[task]);
            done[task] += 1;
        }
        Self { tasks, earlier, counts }
    }

    /// How many steps an epoch has.
    pub fn steps(&self) -> usize {
        self.tasks.len()
    }

    /// How many of an epoch's steps are of the task number `task`.
    pub fn count(&self, task: usize) -> usize {
        self.counts[task]
    }

    /// The task of step `step` of the run, from 0, and which of that task's batches it is.
    pub fn at(&self, step: usize) -> (usize, usize) {
        let (epoch, place) = (step / self.steps(), step % self.steps());
        let task = self.tasks[place];
        (task, epoch * self.counts[task] + self.earlier[place])
    }
}

/// An endless walk through all texts of a task, in a new order each time round.
#[derive(Debug, Clone, Copy)]
pub struct BatchSampler {
    /// What the orders are made from, which is the task's alone.
    pub key: Key,
    /// How many texts there are.
    pub length: usize,
}

impl BatchSampler {
    /// How many batches a time round takes.
    pub fn batches(&self, size: usize) -> usize {
        self.length.div_ceil(size)
    }

    /// The indices of batch `number`; the last of each time round may be smaller.
    pub fn batch(&self, number: usize, size: usize) -> Vec<usize> {
        let (round, place) = (number / self.batches(size), number % self.batches(size));
        let mut indices: Vec<usize> = (0..self.length).collect();
        self.key.with(round as u64).generator().shuffle(&mut indices);
        indices[place * size..].iter().take(size).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    fn tasks(sampler: &TaskSampler) -> Vec<(usize, usize)> {
        (0..2 * sampler.steps()).map(|step| sampler.at(step)).collect()
    }

    #[test]
    fn in_turn_gives_each_task_as_many_steps_as_the_largest_needs() {
        let sampler = TaskSampler::new(Mix::InTurn, &[2, 1]);
        assert_eq!(sampler.steps(), 4);
        assert_eq!(tasks(&sampler), [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3)]);
    }

    #[test]
    fn proportional_goes_through_each_task_once_an_epoch_evenly() {
        let sampler = TaskSampler::new(Mix::Proportional, &[4, 2]);
        assert_eq!(sampler.steps(), 6);
        let order: Vec<usize> = tasks(&sampler).iter().map(|(task, _)| *task).collect();
        assert_eq!(order, [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]);
        let second: Vec<usize> =
            tasks(&sampler).iter().filter(|(task, _)| *task == 1).map(|(_, number)| *number).collect();
        assert_eq!(second, [0, 1, 2, 3]);
    }

    #[test]
    fn each_time_round_has_every_text_once_in_an_order_of_its_own() {
        let sampler = BatchSampler { key: Key::new(3, Purpose::Order), length: 10 };
        let round =
            |round: usize| -> Vec<usize> { (0..3).flat_map(|batch| sampler.batch(3 * round + batch, 4)).collect() };
        let sorted = |mut indices: Vec<usize>| {
            indices.sort_unstable();
            indices
        };
        assert_eq!(sorted(round(0)), (0..10).collect::<Vec<_>>());
        assert_eq!(sorted(round(1)), (0..10).collect::<Vec<_>>());
        assert_ne!(round(0), round(1));
        assert_eq!(sampler.batch(2, 4).len(), 2);
    }

    proptest::proptest! {
        #[test]
        fn a_round_has_every_text_once_whatever_the_size_of_batches(
            seed: u64, length in 1usize..300, size in 1usize..70, round in 0usize..5,
        ) {
            let sampler = BatchSampler { key: Key::new(seed, Purpose::Order), length };
            let batches = sampler.batches(size);
            let mut indices: Vec<usize> = (0..batches).flat_map(|batch| sampler.batch(round * batches + batch, size)).collect();
            indices.sort_unstable();
            proptest::prop_assert_eq!(indices, (0..length).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_round_of_a_seed_is_one_of_another_seed() {
        let rounds = (0..20).flat_map(|seed| {
            let sampler = BatchSampler { key: Key::new(seed, Purpose::Order), length: 100 };
            (0..20).map(move |round| sampler.batch(round, 100))
        });
        let mut all: Vec<Vec<usize>> = rounds.collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 400);
    }
}
