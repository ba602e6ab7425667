//! `undertone train`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use candle_core::Device;
use clap::ValueEnum;
use undertone::bert::{Checkpoint, Pooling};
use undertone::text::Tokenizer;
use undertone::train::Progress;
use undertone::train::data::{self, BadRows, Schema, Source, Split};
use undertone::train::recipe::Recipe;
use undertone::train::task;
use undertone::train::trainer::{Conduct, Outcome, TaskData, summary, train};
use undertone::{Error, Result};

use super::progress::Bars;

/// Fine-tunes a pretrained BERT on one task, or on several that share its encoder.
///
/// The defaults are the usual recipe: RAdam at a rate of 3e-5, batches of 32, at most 4 epochs, and of these the one
/// with the best ROC AUC on texts held out from the training data. With little time,
/// a higher rate for one epoch is the thing to try. The run folder then holds that model; `undertone export` makes a bundle of it.
#[derive(clap::Args)]
pub struct Arguments {
    /// A task and its data: sentiment=<aclImdb folder, .tar.gz or .tar.xz> or toxicity=<CSV, or folder with Kaggle's
    /// train.csv>. Give it once for each task; give a task again to add another file's rows, less those whose id came before.
    #[arg(long = "task", value_name = "NAME=PATH", required = true, value_parser = parse_task)]
    tasks: Vec<(String, PathBuf)>,
    /// The pretrained BERT to start from: a folder in Hugging Face's layout (config.json, model.safetensors, and
    /// tokenizer.json or vocab.txt), or an earlier run's folder, whose heads are then trained further.
    #[arg(long, value_name = "FOLDER")]
    base: PathBuf,
    /// Where the run's model and metrics go; a folder that does not hold a run yet.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How often to go through the data.
    #[arg(long, default_value_t = 4)]
    epochs: usize,
    /// Texts in a batch.
    #[arg(long, default_value_t = 32)]
    batch_size: usize,
    /// RAdam's learning rate.
    #[arg(long, default_value_t = 3e-5)]
    learning_rate: f64,
    /// The heads' learning rate; the encoder's where not given. Higher lets rare labels be learnt in a short run.
    #[arg(long)]
    head_learning_rate: Option<f64>,
    /// Cut texts to so many tokens in training. Shorter is faster; the model may still read longer texts afterwards.
    #[arg(long, default_value_t = 256)]
    max_tokens: usize,
    /// How the tokens' vectors become the text's.
    #[arg(long, value_enum, default_value_t = PoolingArgument::Mean)]
    pooling: PoolingArgument,
    /// The share of values dropped while training; the base model's own where not given.
    #[arg(long)]
    dropout: Option<f32>,
    /// The share of the training texts that is held out to choose the best epoch.
    #[arg(long, default_value_t = 0.1)]
    validation: f64,
    /// Validate on at most so many of the held-out texts of each task.
    #[arg(long, default_value_t = 2000)]
    validation_samples: usize,
    /// Validate after so many batches, too, not only at the end of each epoch.
    #[arg(long)]
    validate_every: Option<usize>,
    /// Train on at most so many texts of each task, picked at random.
    #[arg(long)]
    train_samples: Option<usize>,
    /// What everything random is made from: the same seed and data give the same model.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Go on with the run in --out, which was interrupted; give it the same arguments otherwise.
    #[arg(long)]
    resume: bool,
    /// Write a checkpoint, from which the run can be resumed, every so many minutes and after each validation.
    #[arg(long, value_name = "MINUTES", default_value_t = 10)]
    checkpoint_every: u64,
    /// Use so many processor threads; all cores where not given.
    #[arg(long)]
    threads: Option<usize>,
}

#[derive(Clone, Copy, ValueEnum)]
enum PoolingArgument {
    /// The mean over all tokens.
    Mean,
    /// The first token, [CLS].
    Cls,
    /// The first token through the checkpoint's pooler.
    Pooler,
}

pub fn run(arguments: Arguments) -> Result<()> {
    use_threads(arguments.threads)?;
    undertone::train::keep_memory_mapped();
    let mut progress = Bars::default();
    let checkpoint = Checkpoint::read(&arguments.base, &Device::Cpu)?;
    let recipe = Recipe {
        pooling: match arguments.pooling {
            PoolingArgument::Mean => Pooling::Mean,
            PoolingArgument::Cls => Pooling::Cls,
            PoolingArgument::Pooler => Pooling::Pooler,
        },
        max_tokens: arguments.max_tokens,
        epochs: arguments.epochs,
        batch_size: arguments.batch_size,
        learning_rate: arguments.learning_rate,
        head_learning_rate: arguments.head_learning_rate.unwrap_or(arguments.learning_rate),
        dropout: arguments.dropout.map_or(checkpoint.dropout, |share| (share, share)),
        validation: arguments.validation,
        validation_samples: arguments.validation_samples,
        train_samples: arguments.train_samples,
        validate_every: arguments.validate_every,
        seed: arguments.seed,
    };
    recipe.check(&checkpoint.architecture)?;
    let tokenizer = Tokenizer::from_checkpoint(&arguments.base, recipe.max_tokens)?;
    let tasks = read_tasks(&arguments.tasks, recipe.seed, &mut progress)?;
    let conduct = Conduct {
        out: &arguments.out,
        resume: arguments.resume,
        checkpoint_every: Duration::from_secs(60 * arguments.checkpoint_every),
        stop: &interrupted()?,
    };
    match train(tasks, checkpoint, &tokenizer, &recipe, &conduct, &mut progress)? {
        Outcome::Finished(record) => {
            for task in &record.tasks {
                println!("{}: {}", task.name, summary(&task.validation));
            }
            println!("The model of epoch {} is in {}", record.best_epoch, arguments.out.display());
        }
        Outcome::Stopped { step, steps } => {
            println!("Stopped after batch {step} of {steps}; the same command with --resume goes on from there");
        }
    }
    Ok(())
}

/// Whether Ctrl-C was pressed. The first press ends the run at a checkpoint, a second one at once.
fn interrupted() -> Result<impl Fn() -> bool> {
    let pressed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&pressed);
    let set = ctrlc::set_handler(move || {
        if pressed.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        eprintln!("Stopping after this batch; press Ctrl-C again to stop at once");
    });
    set.map_err(|error| Error::invalid(format!("Ctrl-C cannot be listened to: {error}")))?;
    Ok(move || seen.load(Ordering::Relaxed))
}

/// The data of each task, the paths of one task read together.
fn read_tasks(arguments: &[(String, PathBuf)], seed: u64, progress: &mut dyn Progress) -> Result<Vec<TaskData>> {
    let mut tasks: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for (name, path) in arguments {
        match tasks.iter_mut().find(|(task, _)| task == name) {
            Some((_, paths)) => paths.push(path.clone()),
            None => tasks.push((name.clone(), vec![path.clone()])),
        }
    }
    let read = |(name, paths): (String, Vec<PathBuf>)| {
        let labels = task::labels(&name)?;
        progress.note(&format!("Reading {name}"));
        let sources: Vec<_> = paths.into_iter().map(|path| Source { path, ..Source::default() }).collect();
        let schema = Schema { labels: labels.clone(), ..Schema::default() };
        let dataset = data::read(&sources, &schema, Split::Train, BadRows::Refuse, seed)?;
        if let Some(sentence) = dataset.left_out.sentence() {
            progress.note(&sentence);
        }
        Ok(TaskData { name, labels, examples: dataset.examples })
    };
    tasks.into_iter().map(read).collect()
}

fn parse_task(argument: &str) -> Result<(String, PathBuf)> {
    let (name, path) = argument
        .split_once('=')
        .ok_or_else(|| Error::invalid("give a task's name and its data, as in sentiment=aclImdb"))?;
    task::labels(name)?;
    Ok((name.to_owned(), path.into()))
}

fn use_threads(threads: Option<usize>) -> Result<()> {
    let Some(threads) = threads else { return Ok(()) };
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    built.map_err(|error| Error::invalid(format!("{threads} threads cannot be started: {error}")))
}
