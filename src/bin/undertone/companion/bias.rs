//! `undertone bias`.

use std::path::{Path, PathBuf};

use undertone::bundle::{Bundle, HeadKind, Task};
use undertone::classify::Classifier;
use undertone::train::bias::{Bias, DataBias, FEWEST, Probe, SubgroupAucs, TemplateBias};
use undertone::train::evaluate::score_texts;
use undertone::train::figures::precise;
use undertone::{Error, Result};

use super::progress::Bars;
use super::texts;

/// Measures whether a label is seen where a group of people is merely mentioned.
///
/// Puts identity terms into the same sentences, and compares how texts that mention a term are scored with those that do
/// not: subgroup, BPSN and BNSP AUC. BPSN is low where harmless mentions score high, BNSP where attacks score low.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// The terms and the sentences, as tests/behaviour/identities.toml.
    #[arg(long, value_name = "FILE")]
    terms: PathBuf,
    /// Measure on these texts too, in the layouts that `undertone train` reads.
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    #[command(flatten)]
    choice: texts::Choice,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: Arguments) -> Result<()> {
    let probe = Probe::read(&arguments.terms)?;
    let bundle = Bundle::read(&arguments.bundle)?;
    let classifier = Classifier::new(&bundle)?;
    let task = texts::task(&bundle, &probe.task)?;
    let label = label(&bundle.manifest.tasks[task], &probe.label)?;
    let mut progress = Bars::default();
    let measure = |path: &Path, progress: &mut Bars| {
        let scored = texts::scored(&bundle, &classifier, task, path, &arguments.choice, progress)?;
        let texts = scored.examples().iter().map(|example| example.text.as_str());
        DataBias::of(&probe, texts, &scored.predictions(), label)
    };
    let bias = Bias {
        task: probe.task.clone(),
        label: probe.label.clone(),
        templates: on_templates(&bundle, &classifier, &probe, (task, label), &mut progress)?,
        data: arguments.data.as_deref().map(|path| measure(path, &mut progress)).transpose()?,
    };
    if arguments.json {
        say!("{}", serde_json::to_string(&bias).map_err(|error| Error::invalid(error.to_string()))?);
    } else {
        print_templates(&bias);
        bias.data.iter().for_each(print_data);
    }
    Ok(())
}

fn label(task: &Task, name: &str) -> Result<usize> {
    if task.kind == HeadKind::Classes {
        return Err(Error::invalid(format!(
            "the classes of {} exclude each other: bias is measured of labels that apply or not, whatever the others do",
            task.name
        )));
    }
    let place = task.labels.iter().position(|label| label.name == name);
    place.ok_or_else(|| Error::invalid(format!("the terms are about {name}, which is no label of {}", task.name)))
}

fn on_templates(
    bundle: &Bundle,
    classifier: &Classifier,
    probe: &Probe,
    (task, label): (usize, usize),
    progress: &mut Bars,
) -> Result<TemplateBias> {
    let texts = probe.texts()?;
    let sentences: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    let labels = &bundle.manifest.tasks[task].labels;
    let logits = score_texts(classifier, task, &sentences, "Scoring templates", progress)?;
    let logits: Vec<f32> = logits.chunks_exact(labels.len()).map(|logits| logits[label]).collect();
    TemplateBias::of(probe, &texts, &logits, labels[label].threshold)
}

fn print_templates(Bias { label, templates, .. }: &Bias) {
    say!("templates: mean probability of {label}, and how far above the mean of all terms");
    say!("term                neutral  distance  marked    toxic  distance  subgroup    BPSN    BNSP");
    let TemplateBias { neutral, toxic, neutral_marked, auc, terms } = templates;
    say!(
        "{:<18} {neutral:>8.4}            {:>5.1}%  {toxic:>7.4}            {:>8}",
        "all",
        100.0 * neutral_marked,
        precise(*auc)
    );
    for term in terms {
        say!(
            "{:<18} {:>8.4}  {:>+8.4}  {:>5.1}%  {:>7.4}  {:>+8.4}  {}",
            term.term,
            term.neutral,
            term.neutral_distance,
            100.0 * term.neutral_marked,
            term.toxic,
            term.toxic_distance,
            aucs(&term.aucs)
        );
    }
}

fn print_data(data: &DataBias) {
    say!("");
    say!("data: {} texts, ROC AUC {}", data.samples, precise(data.auc));
    say!("term              positives  negatives  subgroup    BPSN    BNSP");
    for term in &data.terms {
        let counts = &term.counts;
        say!("{:<16}  {:>9}  {:>9}  {}", counts.term, counts.positives, counts.negatives, aucs(&term.aucs));
    }
    if !data.left_out.is_empty() {
        let counts = |left_out: &undertone::train::bias::MentionCounts| {
            format!("{} ({} and {})", left_out.term, left_out.positives, left_out.negatives)
        };
        let left_out: Vec<_> = data.left_out.iter().map(counts).collect();
        say!(
            "Left out, since fewer than {FEWEST} texts with the label or without mention them: {}",
            left_out.join(", ")
        );
    }
}

fn aucs(SubgroupAucs { subgroup, bpsn, bnsp }: &SubgroupAucs) -> String {
    format!("{:>8}  {:>6}  {:>6}", precise(*subgroup), precise(*bpsn), precise(*bnsp))
}
