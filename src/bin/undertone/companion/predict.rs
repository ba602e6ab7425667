//! `undertone predict`.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use rayon::prelude::*;
use serde_json::json;
use undertone::bundle::{Bundle, HeadKind, Windows};
use undertone::classify::{Classification, Classifier, LabelScore, TaskScores, WordEffect};
use undertone::{Error, Result};

use super::activations::Activations;

/// How much of standard input is read ahead, and so classified at the same time; somebody who types is answered line by line.
const AHEAD: usize = 1 << 16;
/// What changes a probability by less is not worth showing.
const LEAST_EFFECT: f32 = 0.02;
/// How many words of a label are shown.
const SHOWN_EFFECTS: usize = 6;

/// Classifies texts: reads one a line from standard input, prints the probability of each label.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// How answers are printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Say which words did it, too: by the bundle's task about words, and of each label that counts as present by hiding the
    /// words one by one, which takes a pass through the model for each.
    #[arg(long)]
    spans: bool,
    /// What is done with texts that are longer than the model reads at once; as the bundle says where not given.
    #[arg(long, value_enum)]
    windows: Option<Windows>,
    /// How an int8 bundle's activations are rounded.
    #[arg(long, value_enum, default_value_t = Activations::Wide)]
    activations: Activations,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// The text, and below it a line for each task; * marks what is at its threshold or above, or the likeliest class.
    Text,
    /// One JSON object a line: {"text": …, "sentiment": {"positive": …}, …}; under "classes" the likeliest class of each task
    /// whose labels exclude each other. Where there is nothing to judge by, "reason" says why, and what is no verdict is null.
    Jsonl,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let classifier = Classifier::with_rounding(&Bundle::read(&arguments.bundle)?, arguments.activations.into())?;
    let classifier = classifier.reading_long_texts(arguments.windows)?;
    let mut output = std::io::stdout().lock();
    let mut input = BufReader::with_capacity(AHEAD, std::io::stdin().lock());
    let mut seen = 0;
    loop {
        let lines = read_lines(&mut input)?;
        if lines.is_empty() {
            return Ok(());
        }
        let number = |place: usize| seen + place + 1;
        let answers: Vec<Result<Answer>> = lines
            .par_iter()
            .enumerate()
            .map(|(place, line)| answer(&classifier, line, number(place), arguments.spans))
            .collect();
        for answer in answers {
            let Answer { text, classification, effects } = answer?;
            let printed = match arguments.format {
                Format::Text => print_text(&mut output, text, &classification, &effects),
                Format::Jsonl => print_json(&mut output, text, &classification, &effects),
            };
            match printed {
                // Whoever reads has seen enough, as `head` does.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
                printed => {
                    printed.map_err(|error| Error::invalid(format!("standard output cannot be written: {error}")))?
                }
            }
        }
        seen += lines.len();
    }
}

/// What is printed for a line.
struct Answer<'a> {
    text: &'a str,
    classification: Classification,
    effects: Vec<Effects>,
}

fn answer<'a>(classifier: &Classifier, line: &'a [u8], number: usize, spans: bool) -> Result<Answer<'a>> {
    let text = std::str::from_utf8(line)
        .map_err(|_| Error::invalid(format!("line {number} of standard input is not valid UTF-8")))?
        .trim_end_matches(['\n', '\r']);
    let mut classification = classifier.classify(text)?;
    let effects = if spans { effects(classifier, text, &classification)? } else { Vec::new() };
    if !spans {
        classification.words.clear();
    }
    Ok(Answer { text, classification, effects })
}

/// The next line, once there is one, and those after it that are there already; none at the end.
fn read_lines(input: &mut BufReader<impl Read>) -> Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    while lines.is_empty() || input.buffer().contains(&b'\n') {
        let mut line = Vec::new();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|error| Error::invalid(format!("standard input cannot be read: {error}")))? == 0 {
            break;
        }
        lines.push(line);
    }
    Ok(lines)
}

/// The words of a text that matter to a label.
struct Effects {
    task: String,
    label: String,
    words: Vec<WordEffect>,
}

/// The words that move the labels of tasks with one label, and of others those that count as present, the strongest first.
fn effects(classifier: &Classifier, text: &str, classification: &Classification) -> Result<Vec<Effects>> {
    let mut effects = Vec::new();
    for scores in &classification.tasks {
        let Some(task) = classifier.manifest().tasks.iter().position(|task| task.name == scores.task) else { continue };
        for (label, score) in scores.labels.iter().enumerate() {
            if scores.withheld || (scores.labels.len() > 1 && !scores.is_present(label)) {
                continue;
            }
            let mut words = classifier.effects(text, task, label)?;
            words.retain(|word| word.effect.abs() >= LEAST_EFFECT);
            words.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
            effects.push(Effects { task: scores.task.clone(), label: score.label.clone(), words });
        }
    }
    Ok(effects)
}

fn print_text(
    output: &mut impl Write,
    text: &str,
    classification: &Classification,
    effects: &[Effects],
) -> std::io::Result<()> {
    let cut = if classification.truncated { " (its beginning; it is longer than what is read)" } else { "" };
    writeln!(output, "{text}{cut}")?;
    if let Some(reason) = classification.reason {
        writeln!(output, "  {}", reason.sentence())?;
    }
    for task in &classification.tasks {
        if task.withheld {
            writeln!(output, "  {}: –", task.task)?;
            continue;
        }
        let scores = task.labels.iter().enumerate().map(|(label, score)| {
            let mark = if task.is_present(label) { "*" } else { "" };
            format!("{} {:.4}{mark}", score.label, score.probability)
        });
        let scores: Vec<_> = scores.collect();
        writeln!(output, "  {}: {}", task.task, scores.join("  "))?;
    }
    for words in &classification.words {
        let marked = words.spans(text).into_iter().filter_map(|span| text.get(span));
        writeln!(output, "  {}: {}", words.task, marked.collect::<Vec<_>>().join(" | "))?;
    }
    for Effects { task, label, words } in effects {
        let shown = words
            .iter()
            .take(SHOWN_EFFECTS)
            .filter_map(|word| Some(format!("{} {:+.2}", text.get(word.bytes.clone())?, word.effect)));
        writeln!(output, "  {task}, {label}: {}", shown.collect::<Vec<_>>().join("  "))?;
    }
    output.flush()
}

fn print_json(
    output: &mut impl Write,
    text: &str,
    classification: &Classification,
    effects: &[Effects],
) -> std::io::Result<()> {
    let mut object = serde_json::Map::new();
    object.insert("text".into(), text.into());
    object.insert("tokens".into(), classification.tokens.into());
    object.insert("truncated".into(), classification.truncated.into());
    if let Some(reason) = classification.reason {
        object.insert("reason".into(), serde_json::to_value(reason)?);
    }
    for task in &classification.tasks {
        let probability = |score: &LabelScore| (!task.withheld).then_some(score.probability).into();
        let scores = task.labels.iter().map(|score| (score.label.clone(), probability(score)));
        object.insert(task.task.clone(), serde_json::Value::Object(scores.collect()));
    }
    let classes = classification.tasks.iter().filter(|task| task.kind == HeadKind::Classes);
    let likeliest = |task: &TaskScores| Some((task.task.clone(), task.present().first()?.label.clone().into()));
    let likeliest: serde_json::Map<_, _> = classes.filter_map(likeliest).collect();
    if !likeliest.is_empty() {
        object.insert("classes".into(), likeliest.into());
    }
    for words in &classification.words {
        // Places as people and the data sets count them, by characters.
        let place = |byte: usize| text[..byte].chars().count();
        let spans = words.spans(text).into_iter().map(|span| [place(span.start), place(span.end)]);
        object.insert(words.task.clone(), spans.map(|span| span.to_vec()).collect::<Vec<_>>().into());
    }
    if !effects.is_empty() {
        let place = |byte: usize| text[..byte].chars().count();
        let of_label = |Effects { task, label, words }: &Effects| {
            let words: Vec<_> = words
                .iter()
                .map(|word| json!({ "span": [place(word.bytes.start), place(word.bytes.end)], "effect": word.effect }))
                .collect();
            json!({ "task": task, "label": label, "words": words })
        };
        object.insert("effects".into(), effects.iter().map(of_label).collect::<Vec<_>>().into());
    }
    serde_json::to_writer(&mut *output, &object)?;
    writeln!(output)?;
    output.flush()
}
