//! What came in while the last texts were classified is classified together.
//!
//! A request waits for no clock: an idle server begins at once, and a busy one fills all cores with what waits. The bound keeps the wait short: whoever
//! comes first is answered first, a few texts for each core at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::oneshot;

use super::metrics::Metrics;
use crate::classify::{Classification, Classifier};
use crate::perspective::Refusal;
use crate::{Error, Result};

/// How many texts for each core are classified at a time.
const FOR_A_CORE: usize = 4;

/// The way to the thread that classifies.
#[derive(Debug)]
pub struct Batcher(Sender<Job>);

/// Texts of one request.
struct Job {
    texts: Vec<String>,
    answer: oneshot::Sender<Result<Vec<Classification>, Refusal>>,
}

impl Batcher {
    /// Starts the thread, which ends with the last batcher.
    ///
    /// # Errors
    /// The system has no thread.
    pub fn new(classifier: Arc<Classifier>, metrics: Arc<Metrics>) -> Result<Self> {
        let (sender, jobs) = channel();
        let thread = std::thread::Builder::new().name("batcher".to_owned());
        thread
            .spawn(move || work(&jobs, &classifier, &metrics))
            .map_err(|error| Error::invalid(format!("no thread can classify: {error}")))?;
        Ok(Self(sender))
    }

    /// What the model says of each text.
    ///
    /// # Errors
    /// The model cannot answer, which is logged.
    pub async fn classify(&self, texts: Vec<String>) -> Result<Vec<Classification>, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Job { texts, answer }).map_err(|_| Refusal::Internal)?;
        answered.await.map_err(|_| Refusal::Internal)?
    }
}

fn work(jobs: &Receiver<Job>, classifier: &Classifier, metrics: &Metrics) {
    let most = FOR_A_CORE * rayon::current_num_threads();
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        let mut texts = batch[0].texts.len();
        while texts < most
            && let Ok(job) = jobs.try_recv()
        {
            texts += job.texts.len();
            batch.push(job);
        }
        // Who asked may have given up.
        batch.retain(|job| !job.answer.is_closed());
        if !batch.is_empty() {
            metrics.batch(batch.iter().map(|job| job.texts.len()).sum());
            answer(batch, |texts| classify(classifier, texts));
        }
    }
}

/// Classifies the texts of all jobs together, and where that fails each job by itself, so that one text fails alone.
fn answer(batch: Vec<Job>, classify: impl Fn(&[&str]) -> Result<Vec<Classification>, Refusal>) {
    let texts: Vec<&str> = batch.iter().flat_map(|job| job.texts.iter().map(String::as_str)).collect();
    let is_alone = batch.len() == 1;
    let mut together = classify(&texts).map(Vec::into_iter);
    for job in batch {
        let answer = match &mut together {
            Ok(answers) => Ok(answers.by_ref().take(job.texts.len()).collect()),
            Err(refusal) if is_alone => Err(refusal.clone()),
            Err(_) => classify(&job.texts.iter().map(String::as_str).collect::<Vec<_>>()),
        };
        // Who asked may have given up.
        let _ = job.answer.send(answer);
    }
}

fn classify(classifier: &Classifier, texts: &[&str]) -> Result<Vec<Classification>, Refusal> {
    // The classifier is read only, and what a panic leaves behind is dropped with the batch.
    match catch_unwind(AssertUnwindSafe(|| classifier.classify_all(texts))) {
        Ok(Ok(answers)) => Ok(answers),
        Ok(Err(error)) => {
            super::log::fault(&error.to_string());
            Err(Refusal::Internal)
        }
        // The panic's place is in the log already.
        Err(_) => Err(Refusal::Internal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Answered = oneshot::Receiver<Result<Vec<Classification>, Refusal>>;

    /// A job, and where its answer comes.
    fn job(texts: &[&str]) -> (Job, Answered) {
        let (answer, answered) = oneshot::channel();
        (Job { texts: texts.iter().map(|text| (*text).to_owned()).collect(), answer }, answered)
    }

    /// Says of each text how long it is, but of none where one of them is no good.
    fn lengths(texts: &[&str]) -> Result<Vec<Classification>, Refusal> {
        let of = |text: &&str| Classification {
            tokens: text.len(),
            truncated: false,
            reason: None,
            tasks: Vec::new(),
            words: Vec::new(),
        };
        if texts.contains(&"no good") { Err(Refusal::Internal) } else { Ok(texts.iter().map(of).collect()) }
    }

    #[test]
    fn everybody_gets_the_answers_to_his_own_texts() {
        let (jobs, answered): (Vec<_>, Vec<_>) =
            [&["a"][..], &["bb", "ccc"], &["no good", "a"], &["dddd"]].map(job).into_iter().unzip();
        let answers = |answered: Vec<Answered>| -> Vec<Result<Vec<usize>, Refusal>> {
            let tokens = |answers: Vec<Classification>| answers.iter().map(|answer| answer.tokens).collect();
            // All of them are there already.
            answered.into_iter().map(|mut of| of.try_recv().unwrap().map(tokens)).collect()
        };
        answer(jobs, lengths);
        let expected = [Ok(vec![1]), Ok(vec![2, 3]), Err(Refusal::Internal), Ok(vec![4])];
        assert_eq!(answers(answered), expected, "one text fails alone");
        let (jobs, answered): (Vec<_>, Vec<_>) = [&["a"][..], &["bb", "ccc"]].map(job).into_iter().unzip();
        answer(jobs, lengths);
        assert_eq!(answers(answered), [Ok(vec![1]), Ok(vec![2, 3])]);
    }
}
