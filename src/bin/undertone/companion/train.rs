//! `undertone train`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use undertone::bert::Ops;
use undertone::text::Tokenizer;
use undertone::train::Progress;
use undertone::train::base::Base;
use undertone::train::data::BadRows;
use undertone::train::device::{TrainingPrecision, device};
use undertone::train::recipe::Recipe;
use undertone::train::task::{SourceSettings, TaskData, TaskSettings};
use undertone::train::trainer::{Outcome, RunOptions, summary, train};
use undertone::{Error, Result};

use super::memory::keep_memory_mapped;
use super::progress::Bars;

/// Fine-tunes a pretrained BERT on one task, or on several that share its encoder.
///
/// What is learnt, and how, is a recipe: a TOML file, flags that go over it, or flags alone. The run folder then holds the
/// model with the best ROC AUC on held-out texts; `undertone export` makes a bundle of it.
#[derive(clap::Args)]
pub struct Arguments {
    /// The recipe, as those in recipes/; its settings are named as the flags are, and flags go over it.
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Where the relative paths in the recipe start.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    data: PathBuf,
    /// The pretrained BERT to start from: a folder in Hugging Face's layout (config.json, model.safetensors, and
    /// tokenizer.json or vocab.txt), or an earlier run's folder, whose heads are then trained further.
    #[arg(long, value_name = "FOLDER")]
    base: PathBuf,
    /// Where the run's model and metrics go; a folder that does not hold a run yet.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    tasks: TaskArguments,
    #[command(flatten)]
    recipe_flags: RecipeFlags,
    /// Leave out rows that are wrong, and list them, instead of stopping at the first.
    #[arg(long)]
    skip_bad_rows: bool,
    /// Go on with the run in --out, which was interrupted; give it the same arguments otherwise.
    #[arg(long)]
    resume: bool,
    /// Write a checkpoint, from which the run can be resumed, every so many minutes and after each validation.
    #[arg(long, value_name = "MINUTES", default_value_t = 10)]
    checkpoint_every: u64,
    /// Use so many processor threads; all cores where not given.
    #[arg(long)]
    threads: Option<usize>,
    /// Where to train: auto (a GPU if this build can use one), cpu, cuda, cuda:1 (the second one) or metal.
    #[arg(long, default_value = "auto")]
    device: String,
    /// What the factors of the linear layers' products are rounded to; weights and sums are f32 in any case. tf32 is for
    /// CUDA; bf16 is faster on GPUs and on processors with AVX-512-BF16, and slower on others.
    #[arg(long, value_enum, default_value_t = TrainingPrecision::F32)]
    precision: TrainingPrecision,
    /// Train with the operations that devices other than the processor use.
    #[arg(long, hide = true)]
    composed: bool,
}

/// A ROC AUC below this says that next to nothing was learnt.
const LEARNT: f64 = 0.6;

/// The flags that set a field of the recipe, as they were given.
struct RecipeFlags(ArgMatches);

impl RecipeFlags {
    /// `recipe` with what the flags say.
    fn over(&self, mut recipe: Recipe) -> Result<Recipe> {
        recipe.update_from_arg_matches(&self.0).map_err(|error| Error::invalid(error.to_string()))?;
        Ok(recipe)
    }
}

impl Args for RecipeFlags {
    fn augment_args(command: Command) -> Command {
        // As for an update, where none has to be given.
        Recipe::augment_args_for_update(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Recipe::augment_args_for_update(command)
    }
}

impl FromArgMatches for RecipeFlags {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        Ok(Self(matches.clone()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        self.0 = matches.clone();
        Ok(())
    }
}

/// What is to be learnt. Each flag starts with the task's name; those of data and of labels may be given more than once for a task, and add up.
#[derive(clap::Args)]
struct TaskArguments {
    /// A task and its data: the aclImdb folder or archive, a folder with Kaggle's train.csv, or a CSV or JSONL file. Give a
    /// task again to add another file's rows.
    #[arg(long = "task", value_name = "NAME=PATH", value_parser = named)]
    train: Vec<(String, String)>,
    /// Data to choose a task's best model by, instead of a part of the training data.
    #[arg(long, value_name = "NAME=PATH", value_parser = named)]
    validation_data: Vec<(String, String)>,
    /// A task's labels; those of sentiment and toxicity are known. Each is a column of 0, 1 or shares between them (spam), a word in
    /// a column (spam:v1=spam, rude:class=hate|insult), or a number to cut a column at (toxic:target>=0.5).
    #[arg(long, value_name = "NAME=LABEL,LABEL", value_parser = named)]
    labels: Vec<(String, String)>,
    /// A task whose labels exclude each other: the column whose values, at most a hundred, are its classes.
    #[arg(long, value_name = "NAME=COLUMN", value_parser = named)]
    classes: Vec<(String, String)>,
    /// The column of a task's text, where it is not comment_text or text.
    #[arg(long, value_name = "NAME=COLUMN", value_parser = named)]
    text: Vec<(String, String)>,
    /// The column of the second text, where a task is about pairs of texts.
    #[arg(long, value_name = "NAME=COLUMN", value_parser = named)]
    second: Vec<(String, String)>,
}

pub fn run(arguments: Arguments) -> Result<()> {
    use_threads(arguments.threads)?;
    keep_memory_mapped();
    let mut progress = Bars::default();
    let recipe = |below: Recipe| {
        let file = arguments.recipe.as_deref().map(|path| Recipe::read(path, &below)).transpose()?;
        let mut recipe = arguments.recipe_flags.over(file.unwrap_or(below))?;
        arguments.tasks.apply(&mut recipe.tasks)?;
        Ok::<_, Error>(recipe)
    };
    let tasks = recipe(Recipe::default())?.tasks;
    if tasks.is_empty() {
        return Err(Error::invalid(
            "there is nothing to learn: name a task, as in --task sentiment=aclImdb, or a --recipe",
        ));
    }
    for task in &tasks {
        task.labels()?;
    }
    let device = device(&arguments.device)?;
    let base = Base::read(&arguments.base, &device)?;
    let of = |texts| {
        let usual = Recipe { dropout: base.checkpoint.dropout, ..Recipe::for_texts(texts) };
        // A head goes on with what it has learnt to read.
        let (pooling, normalisation) = base.reading.unwrap_or((usual.pooling, usual.normalisation));
        recipe(Recipe { pooling, normalisation, ..usual })
    };
    let recipe = of(0)?;
    if let Some((pooling, normalisation)) = base.reading
        && (pooling, normalisation) != (recipe.pooling, recipe.normalisation)
    {
        progress.note("The base run pooled its tokens or normalised its texts otherwise than this recipe says: its heads have to learn anew");
    }
    recipe.check(&base.checkpoint.architecture)?;
    let tokenizer = Tokenizer::from_checkpoint(&arguments.base, recipe.max_tokens)?.normalising(recipe.normalisation);
    let bad_rows = if arguments.skip_bad_rows { BadRows::Skip } else { BadRows::Refuse };
    let read = |task: &TaskSettings| task.read(&arguments.data, bad_rows, recipe.seed, &mut progress);
    let tasks: Vec<TaskData> = tasks.iter().map(read).collect::<Result<_>>()?;
    // How often and how fast is best to learn depends on how much there is.
    let most = tasks.iter().map(|task| task.train.len()).max().unwrap_or(0);
    let recipe = of(most.min(recipe.train_samples.unwrap_or(most)))?;
    progress.note(&format!("Learning by {}", recipe.sentence()));
    let precision = arguments.precision.on(&device)?;
    let ops = if arguments.composed { Ops::Composed(precision) } else { Ops::for_device(&device, precision) };
    let options = RunOptions {
        out: &arguments.out,
        resume: arguments.resume,
        checkpoint_every: Duration::from_secs(60 * arguments.checkpoint_every),
        stop: &interrupted()?,
        device,
        ops,
        precision: arguments.precision,
    };
    match train(tasks, base, &tokenizer, &recipe, &options, &mut progress)? {
        Outcome::Finished(record) => {
            for task in &record.tasks {
                say!("{}: {}", task.name, summary(&task.validation));
                if let Some(advice) = advice(task.validation.auc_macro) {
                    say!("{advice}");
                }
            }
            say!(
                "The best model, of epoch {} (step {}), is in {}",
                record.best_epoch,
                record.best_step,
                arguments.out.display()
            );
        }
        Outcome::Stopped { step, steps } => {
            say!("Stopped after step {step} of {steps}; the same command with --resume goes on from there");
        }
    }
    Ok(())
}

/// What to try where a task's figure on held-out texts is near that of chance.
fn advice(auc: Option<f64>) -> Option<&'static str> {
    auc.filter(|auc| *auc < LEARNT).map(|_| {
        "Hardly anything was learnt of it: a ROC AUC of 0.5 is chance. Look whether the labels belong to their texts; then try more \
         --epochs, another --learning-rate (2e-4 with few texts), or more texts"
    })
}

impl TaskArguments {
    /// Adds what the flags say to the recipe's tasks. Data named by a flag replace those of the recipe.
    fn apply(&self, tasks: &mut Vec<TaskSettings>) -> Result<()> {
        let task = |tasks: &mut Vec<TaskSettings>, name: &str| match tasks.iter().position(|task| task.name == name) {
            Some(index) => index,
            None => {
                tasks.push(TaskSettings { name: name.to_owned(), ..TaskSettings::default() });
                tasks.len() - 1
            }
        };
        for (flags, of) in [
            (&self.train, (|task| &mut task.train) as fn(&mut TaskSettings) -> &mut Vec<SourceSettings>),
            (&self.validation_data, |task| &mut task.validation),
        ] {
            let mut named = Vec::new();
            for (name, path) in flags {
                let index = task(tasks, name);
                let sources = of(&mut tasks[index]);
                if !named.contains(&index) {
                    named.push(index);
                    sources.clear();
                }
                // The flags' paths are relative to where the command runs, not to the recipe's data.
                let path = std::path::absolute(path).map_err(Error::io(path.as_ref()))?;
                sources.push(SourceSettings::Path(path));
            }
        }
        let mut named = Vec::new();
        for (name, labels) in &self.labels {
            let index = task(tasks, name);
            if !named.contains(&index) {
                named.push(index);
                tasks[index].labels.clear();
            }
            for label in labels.split(',') {
                tasks[index].labels.push(label.parse()?);
            }
        }
        for (flag, columns, of) in [
            ("--classes", &self.classes, (|task| &mut task.classes) as fn(&mut TaskSettings) -> &mut Option<String>),
            ("--text", &self.text, |task| &mut task.text),
            ("--second", &self.second, |task| &mut task.second),
        ] {
            let mut named = Vec::new();
            for (name, column) in columns {
                if named.contains(&name) {
                    return Err(Error::invalid(format!("{flag} names two columns of {name}: name one")));
                }
                named.push(name);
                let index = task(tasks, name);
                *of(&mut tasks[index]) = Some(column.clone());
            }
        }
        Ok(())
    }
}

/// `NAME=VALUE`.
fn named(argument: &str) -> Result<(String, String)> {
    match argument.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Error::invalid("give a task's name, = and its value, as in sentiment=aclImdb")),
    }
}

/// Whether Ctrl-C was pressed. The first press ends the run at a checkpoint, a second one at once.
fn interrupted() -> Result<impl Fn() -> bool> {
    let pressed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&pressed);
    let set = ctrlc::set_handler(move || {
        if pressed.swap(true, Ordering::Relaxed) {
            // A GPU's driver goes first, and the step that it fails has nothing to say.
            let _silence = std::io::stderr().lock();
            std::process::exit(130);
        }
        hint!("Stopping after this step; press Ctrl-C again to stop at once");
    });
    set.map_err(|error| Error::invalid(format!("Ctrl-C cannot be listened to: {error}")))?;
    Ok(move || seen.load(Ordering::Relaxed))
}

fn use_threads(threads: Option<usize>) -> Result<()> {
    let Some(threads) = threads else { return Ok(()) };
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    built.map_err(|error| Error::invalid(format!("{threads} threads cannot be started: {error}")))
}
