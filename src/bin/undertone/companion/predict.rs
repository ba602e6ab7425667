//! `undertone predict`.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use undertone::bundle::Bundle;
use undertone::classify::{Classification, Classifier};
use undertone::{Error, Result};

/// Classifies texts: reads one a line from standard input, prints the probability of each label.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// How answers are printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Say which words did it, too, where the bundle has a task about words.
    #[arg(long)]
    spans: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// The text, and below it a line for each task; * marks what is at its threshold or above.
    Text,
    /// One JSON object a line: {"text": …, "sentiment": {"positive": …}, …}.
    Jsonl,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let classifier = Classifier::new(&Bundle::read(&arguments.bundle)?)?;
    if arguments.spans && classifier.manifest().tasks.iter().all(|task| task.unit.is_text()) {
        return Err(Error::invalid("the bundle has no task about words, so there are no --spans to show"));
    }
    let mut output = std::io::stdout().lock();
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|error| Error::invalid(format!("standard input cannot be read: {error}")))? == 0 {
            break;
        }
        let text = std::str::from_utf8(&line)
            .map_err(|_| Error::invalid(format!("line {number} of standard input is not valid UTF-8")))?
            .trim_end_matches(['\n', '\r']);
        let mut classification = classifier.classify(text)?;
        if !arguments.spans {
            classification.words.clear();
        }
        let printed = match arguments.format {
            Format::Text => print_text(&mut output, text, &classification),
            Format::Jsonl => print_json(&mut output, text, &classification),
        };
        match printed {
            // Whoever reads has seen enough, as `head` does.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            printed => {
                printed.map_err(|error| Error::invalid(format!("standard output cannot be written: {error}")))?
            }
        }
    }
    Ok(())
}

fn print_text(output: &mut impl Write, text: &str, classification: &Classification) -> std::io::Result<()> {
    let cut = if classification.truncated { " (its beginning; it is longer than the model reads)" } else { "" };
    writeln!(output, "{text}{cut}")?;
    for task in &classification.tasks {
        let scores = task.labels.iter().map(|score| {
            let mark = if score.probability >= score.threshold { "*" } else { "" };
            format!("{} {:.4}{mark}", score.label, score.probability)
        });
        let scores: Vec<_> = scores.collect();
        writeln!(output, "  {}: {}", task.task, scores.join("  "))?;
    }
    for words in &classification.words {
        let marked = words.spans(text).into_iter().filter_map(|span| text.get(span));
        writeln!(output, "  {}: {}", words.task, marked.collect::<Vec<_>>().join(" | "))?;
    }
    output.flush()
}

fn print_json(output: &mut impl Write, text: &str, classification: &Classification) -> std::io::Result<()> {
    let mut object = serde_json::Map::new();
    object.insert("text".into(), text.into());
    object.insert("tokens".into(), classification.tokens.into());
    object.insert("truncated".into(), classification.truncated.into());
    for task in &classification.tasks {
        let scores = task.labels.iter().map(|score| (score.label.clone(), score.probability.into()));
        object.insert(task.task.clone(), serde_json::Value::Object(scores.collect()));
    }
    for words in &classification.words {
        // Places as people and the data sets count them, by characters.
        let place = |byte: usize| text[..byte].chars().count();
        let spans = words.spans(text).into_iter().map(|span| [place(span.start), place(span.end)]);
        object.insert(words.task.clone(), spans.map(|span| span.to_vec()).collect::<Vec<_>>().into());
    }
    serde_json::to_writer(&mut *output, &object)?;
    writeln!(output)?;
    output.flush()
}
