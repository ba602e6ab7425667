//! What is measured: how long one text takes, and how many texts a second are classified.

use crate::contender::{Contender, Kind, Question};
use crate::rounds::Rounds;
use crate::texts::Texts;
use crate::{Models, Result};

/// How many texts come together; the size that suits a contender best counts.
const BATCHES: [usize; 3] = [1, 8, 32];

/// What one contender took, with so many threads.
pub struct Measured {
    pub kind: Kind,
    pub threads: usize,
    /// One text, of each length.
    pub single: Vec<Rounds>,
    /// All of the many texts, in batches of each of so many.
    pub many: Vec<(usize, Rounds)>,
}

impl Measured {
    fn new(kind: Kind, threads: usize, texts: &Texts) -> Self {
        Self {
            kind,
            threads,
            single: texts.single.iter().map(|_| Rounds::default()).collect(),
            many: BATCHES.map(|size| (size, Rounds::default())).into(),
        }
    }

    /// The size of batches with which it is fastest, and what it took.
    pub fn best_many(&self) -> &(usize, Rounds) {
        let fastest = self.many.iter().min_by(|(_, a), (_, b)| a.median().total_cmp(&b.median()));
        // There is always one, as there are sizes.
        fastest.expect("sizes of batches")
    }
}

/// Measures every contender with `threads` threads.
pub fn measure(models: &Models, texts: &Texts, threads: usize, rounds: usize) -> Result<Vec<Measured>> {
    let start = |kind| Contender::start(kind, models, threads);
    let mut contenders = Kind::ALL.into_iter().map(start).collect::<Result<Vec<_>>>()?;
    println!("With {threads} thread{}:", if threads == 1 { "" } else { "s" });
    check_agreement(&mut contenders, texts)?;
    let mut measured: Vec<_> = Kind::ALL.map(|kind| Measured::new(kind, threads, texts)).into();
    for _ in 0..rounds.max(1) {
        for (index, text) in texts.single.iter().enumerate() {
            let question = vec![vec![text.clone()]];
            for (contender, measured) in contenders.iter_mut().zip(&mut measured) {
                measured.single[index].0.push(contender.ask(&question)?.seconds);
            }
        }
    }
    for _ in 0..rounds.div_ceil(4).max(1) {
        for (index, size) in BATCHES.into_iter().enumerate() {
            let question = texts.in_batches(size);
            for (contender, measured) in contenders.iter_mut().zip(&mut measured) {
                measured.many[index].1.0.push(contender.ask(&question)?.seconds);
            }
        }
    }
    Ok(measured)
}

/// Asks everybody about texts that come alone, and about others of different lengths together.
fn check_agreement(contenders: &mut [Contender], texts: &Texts) -> Result<()> {
    let mut question: Question = texts.single.iter().map(|text| vec![text.clone()]).collect();
    question.push(texts.many[..32].to_vec());
    let mut answers = Vec::new();
    for contender in contenders.iter_mut() {
        answers.push((contender.kind, contender.ask(&question)?.probabilities));
    }
    let exact = answers.iter().find(|(kind, _)| *kind == Kind::OnnxruntimeF32).ok_or("nobody computes in f32")?;
    for (kind, probabilities) in &answers {
        let difference = largest_difference(probabilities, &exact.1);
        if !difference.is_some_and(|difference| difference < kind.tolerance()) {
            return Err(format!(
                "The probabilities of {} and {} differ by {difference:?}: are the peers' models made from this bundle?",
                kind.name(),
                exact.0.name()
            )
            .into());
        }
        if *kind != exact.0 {
            println!("{:<18}is within {:.1e} of f32's probabilities.", kind.name(), difference.unwrap_or_default());
        }
    }
    Ok(())
}

/// None where they are not of the same texts and labels.
fn largest_difference(left: &[Vec<f32>], right: &[Vec<f32>]) -> Option<f32> {
    let lengths = |texts: &[Vec<f32>]| texts.iter().map(Vec::len).collect::<Vec<_>>();
    let differences = left.iter().flatten().zip(right.iter().flatten()).map(|(left, right)| (left - right).abs());
    // `max` would forget that one was NaN.
    (lengths(left) == lengths(right))
        .then(|| differences.fold(0.0, |most: f32, next| if most.is_nan() || next <= most { most } else { next }))
}
