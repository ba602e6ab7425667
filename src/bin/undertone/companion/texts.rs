//! Labelled texts that a bundle's task is measured on, and what the bundle says of them.

use std::io::BufRead;
use std::path::Path;

use undertone::bert::Unit;
use undertone::bundle::{Bundle, HeadKind};
use undertone::classify::Classifier;
use undertone::random::{Key, Purpose};
use undertone::text::Tokenizer;
use undertone::train::Progress;
use undertone::train::data::{self, BadRows, Example, LabelRule, Schema, Source, Split};
use undertone::train::disguise::Disguise;
use undertone::train::evaluate::score;
use undertone::train::metrics::Predictions;
use undertone::train::run::RunFolder;
use undertone::train::tokenized::TokenizedDataset;
use undertone::{Error, Result};

/// Which texts, and how much of them.
#[derive(clap::Args)]
pub struct Choice {
    /// Which part of a folder or archive to take; a single file is taken as it is.
    #[arg(long, value_enum, default_value_t = Split::Test)]
    split: Split,
    /// Take so many texts, picked at random, instead of all.
    #[arg(long, value_name = "COUNT")]
    samples: Option<usize>,
    /// Which texts `--samples` picks.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Cut texts to so many tokens; the bundle's own limit where not given.
    #[arg(long)]
    max_tokens: Option<usize>,
    /// How the texts say which label applies, where it is not by 0 and 1 in a column of its name: spam:v1=spam, or
    /// toxic:target>=0.5.
    #[arg(long, value_name = "LABEL,LABEL", value_delimiter = ',')]
    labels: Vec<LabelRule>,
    /// The column of the text, where it is not comment_text or text.
    #[arg(long, value_name = "COLUMN")]
    text: Option<String>,
    /// The column of the second text, where the task is about pairs of texts.
    #[arg(long, value_name = "COLUMN")]
    second: Option<String>,
    /// The column of the class, where the task's labels exclude each other; the one that is called as the task where not given.
    #[arg(long, value_name = "COLUMN")]
    classes: Option<String>,
    /// The column that says which characters are marked, where the task is about words.
    #[arg(long, value_name = "COLUMN", default_value = "spans")]
    spans: String,
    /// Disguise words of the texts first, in this way.
    #[arg(long, value_enum)]
    disguise: Option<Disguise>,
    /// The share of words that --disguise disguises.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, requires = "disguise")]
    disguised_words: f64,
    /// Leave out rows that are wrong, and list them, instead of stopping at the first.
    #[arg(long)]
    skip_bad_rows: bool,
}

/// Texts with their labels and logits.
pub struct Scored {
    labels: Vec<String>,
    examples: Vec<Example>,
    texts: TokenizedDataset,
    logits: Vec<f32>,
}

impl Scored {
    pub fn predictions(&self) -> Predictions<'_> {
        self.texts.predictions(&self.logits, &self.labels)
    }

    /// The texts as they were read, in the predictions' order.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }
}

/// Checks that the bundle's weights are of the run in `folder`, as far as it tells: what another run has held out, this model may have learnt.
pub fn check_run(bundle: &Bundle, folder: &Path) -> Result<()> {
    let runs = &bundle.manifest.runs;
    if runs.is_empty() || RunFolder::open(folder)?.weights_sha256().is_none_or(|sha256| runs.contains(sha256)) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the bundle is not of the run in {}, whose held-out texts it may have learnt: name its own run, or texts by --task and --data",
        folder.display()
    )))
}

/// The place of the task `name` among the bundle's.
pub fn task(bundle: &Bundle, name: &str) -> Result<usize> {
    let tasks = &bundle.manifest.tasks;
    tasks.iter().position(|task| task.name == name).ok_or_else(|| {
        let names: Vec<_> = tasks.iter().map(|task| task.name.as_str()).collect();
        Error::invalid(format!("the bundle has no task \"{name}\", only {}", names.join(" and ")))
    })
}

/// Reads the texts at `path` that the bundle's task number `task` is to be measured on.
pub fn read(
    bundle: &Bundle,
    task: usize,
    path: &Path,
    choice: &Choice,
    progress: &mut dyn Progress,
) -> Result<Vec<Example>> {
    let &Choice { split, samples, seed, skip_bad_rows, .. } = choice;
    if samples == Some(0) {
        return Err(Error::invalid("--samples must be at least 1"));
    }
    let second = choice.second.clone().map_or_else(|| second_of_held_out(path), |column| Ok(Some(column)))?;
    if bundle.manifest.tasks[task].pairs && second.is_none() {
        return Err(Error::invalid(format!(
            "the task {} is about pairs of texts: name the column of the second one by --second",
            bundle.manifest.tasks[task].name
        )));
    }
    let unit = bundle.manifest.tasks[task].unit;
    let spans = (unit == Unit::Token).then(|| choice.spans.clone());
    let kind = bundle.manifest.tasks[task].kind;
    let rules = match kind {
        HeadKind::Labels => rules(bundle, task, &choice.labels)?,
        HeadKind::Classes => {
            let column = choice.classes.as_deref().unwrap_or(&bundle.manifest.tasks[task].name);
            labels(bundle, task).iter().map(|class| LabelRule::class(class, column)).collect()
        }
    };
    let schema = Schema { labels: rules, kind, text: choice.text.clone(), second, spans };
    let bad_rows = if skip_bad_rows { BadRows::Skip } else { BadRows::Refuse };
    let source = Source { path: path.to_owned(), ..Source::default() };
    let dataset = data::read(&[source], &schema, split, bad_rows, seed)?;
    dataset.remarks().iter().for_each(|line| progress.note(line));
    let mut examples = dataset.examples;
    if let Some(samples) = samples {
        Key::new(seed, Purpose::Samples).generator().shuffle(&mut examples);
        examples.truncate(samples);
    }
    if let Some(way) = choice.disguise {
        if unit == Unit::Token {
            return Err(Error::invalid("--disguise moves the marks of words: measure it on a task about texts"));
        }
        let key = Key::new(seed, Purpose::Disguise);
        for (number, example) in examples.iter_mut().enumerate() {
            let random = &mut key.with(number as u64).generator();
            example.text = way.apply(&example.text, choice.disguised_words, random);
        }
    }
    Ok(examples)
}

/// Reads the texts at `path` and scores them with the classifier, which is the bundle's.
pub fn scored(
    bundle: &Bundle,
    classifier: &Classifier,
    task: usize,
    path: &Path,
    choice: &Choice,
    progress: &mut dyn Progress,
) -> Result<Scored> {
    let most = bundle.manifest.max_tokens;
    let limit = choice.max_tokens.unwrap_or(most);
    if limit > most {
        return Err(Error::invalid(format!("--max-tokens {limit} is more than the bundle's limit of {most}")));
    }
    let tokenizer = Tokenizer::from_json(&bundle.tokenizer, limit)?.normalising(bundle.manifest.normalisation);
    let tokenizer = tokenizer.counting(bundle.manifest.word_counts.clone());
    let examples = read(bundle, task, path, choice, progress)?;
    let labels = labels(bundle, task);
    let task_of = &bundle.manifest.tasks[task];
    let texts = TokenizedDataset::new(&examples, labels.len(), task_of.unit, &tokenizer)?.of_kind(task_of.kind);
    let what = format!("Scoring {}", bundle.manifest.tasks[task].name);
    let mut logits =
        score(&texts, labels.len(), &what, progress, |batch| Ok(classifier.logits(batch)?.swap_remove(task)))?;
    // What fills the limit may go on after it, and be read in windows.
    let is_read_on = choice.max_tokens.is_none() && !classifier.manifest().tasks[task].windows.is_first();
    if is_read_on && task_of.unit == Unit::Text {
        for (number, example) in examples.iter().enumerate() {
            if texts.tokens(&[number]) >= limit && example.second.is_none() {
                let whole = classifier.text_logits(&example.text)?.swap_remove(task);
                logits[number * labels.len()..][..labels.len()].copy_from_slice(&whole);
            }
        }
    }
    Ok(Scored { labels, examples, texts, logits })
}

fn labels(bundle: &Bundle, task: usize) -> Vec<String> {
    bundle.manifest.tasks[task].labels.iter().map(|label| label.name.clone()).collect()
}

/// How the texts say which of the task's labels apply: as `named` says, and else in columns of their names.
fn rules(bundle: &Bundle, task: usize, named: &[LabelRule]) -> Result<Vec<LabelRule>> {
    let labels = labels(bundle, task);
    if let Some(rule) = named.iter().find(|rule| !labels.contains(&rule.name)) {
        return Err(Error::invalid(format!(
            "--labels names {}, and the task has only {}",
            rule.name,
            labels.join(", ")
        )));
    }
    let is_twice = |(number, rule): (usize, &LabelRule)| named[..number].iter().any(|other| other.name == rule.name);
    if let Some((_, rule)) = named.iter().enumerate().find(|&named| is_twice(named)) {
        return Err(Error::invalid(format!("--labels names {} twice: name it once", rule.name)));
    }
    let rule = |label: &String| named.iter().find(|rule| rule.name == *label).cloned();
    Ok(labels.iter().map(|label| rule(label).unwrap_or_else(|| LabelRule::named(label))).collect())
}

/// The key of the second texts in JSON lines that hold pairs, as a run leaves them.
fn second_of_held_out(path: &Path) -> Result<Option<String>> {
    if path.extension().is_none_or(|extension| extension != "jsonl") || !path.is_file() {
        return Ok(None);
    }
    let mut first = String::new();
    let file = std::fs::File::open(path).map_err(Error::io(path))?;
    std::io::BufReader::new(file).read_line(&mut first).map_err(Error::io(path))?;
    let object: serde_json::Value = serde_json::from_str(&first).unwrap_or_default();
    Ok(object.get("second").map(|_| "second".to_owned()))
}
