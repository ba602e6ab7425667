//! How a model is trained.
//!
//! A recipe file (TOML) and the command line say the same things under the same names, so that both are one type,
//! [`Settings`], in which everything may be left out: flags go over the file, and what neither says has its default. The
//! result is a [`Recipe`], which has everything, is kept in the run folder, and must not change when a run is resumed. The
//! defaults are the original recipe that this project began with: RAdam at a constant rate of 3e-5, batches of 32, four epochs.

use std::path::Path;

use serde::de::IntoDeserializer;
use serde::de::value::Error as NameError;
use serde::{Deserialize, Serialize};

use super::optimizer::Method;
use super::order::Mix;
use super::schedule::Schedule;
use super::task::TaskSettings;
use crate::bert::{Architecture, Pooling};
use crate::bundle::EmbeddingPrecision;
use crate::text::Normalisation;
use crate::{Error, Result};

/// A recipe as it is written down: what is left out has its default.
#[derive(Debug, Clone, Default, PartialEq, clap::Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// How the tokens' vectors become the text's: mean, cls (the first token's) or pooler (the first token's through the
    /// checkpoint's pooler) [default: mean]
    #[arg(long, value_parser = name::<Pooling>)]
    pub pooling: Option<Pooling>,
    /// What is done to texts before they are tokenised, in training and for good: none, or reveal, which makes disguised
    /// words (sh1t, i d i o t) plain [default: none]
    #[arg(long, value_parser = name::<Normalisation>)]
    pub normalisation: Option<Normalisation>,
    /// Round the word vectors as `export --embeddings` does with this precision, and teach the rest to do with them; they
    /// are left as they are then
    #[arg(long, value_parser = name::<EmbeddingPrecision>)]
    pub embeddings: Option<EmbeddingPrecision>,
    /// Cut texts to so many tokens in training. Shorter is faster; the model may still read longer texts afterwards
    /// [default: 256]
    #[arg(long)]
    pub max_tokens: Option<usize>,
    /// How often to go through the data [default: 4]
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Texts in a batch [default: 32]
    #[arg(long)]
    pub batch_size: Option<usize>,
    /// Batches whose gradients make one step of the optimiser: as one batch of so many times the size, in the memory of
    /// one [default: 1]
    #[arg(long)]
    pub accumulate: Option<usize>,
    /// How several tasks are mixed: in-turn (a step of each) or proportional (each as often as it has batches)
    /// [default: in-turn]
    #[arg(long, value_parser = name::<Mix>)]
    pub mix: Option<Mix>,
    /// The optimiser: radam or adamw [default: radam]
    #[arg(long, value_parser = name::<Method>)]
    pub optimizer: Option<Method>,
    /// The optimiser's learning rate [default: 3e-5]
    #[arg(long)]
    pub learning_rate: Option<f64>,
    /// The heads' learning rate, which start from nothing where the encoder is pretrained [default: the learning rate]
    #[arg(long)]
    pub head_learning_rate: Option<f64>,
    /// Each encoder layer's learning rate is so many times that of the layer above it [default: 1]
    #[arg(long)]
    pub layer_decay: Option<f64>,
    /// Decoupled weight decay, of matrices only: none on biases and layer normalisation [default: 0]
    #[arg(long)]
    pub weight_decay: Option<f64>,
    /// How the learning rate changes: constant, or linear (falls to 0 at the end) [default: constant]
    #[arg(long, value_parser = name::<Schedule>)]
    pub schedule: Option<Schedule>,
    /// The share of all steps in which the learning rate rises from 0 [default: 0]
    #[arg(long)]
    pub warm_up: Option<f64>,
    /// Shorten the gradient of a step to this norm where it is longer [default: never]
    #[arg(long)]
    pub clip_norm: Option<f64>,
    /// The share of values dropped while training [default: the base model's]
    #[arg(long)]
    pub dropout: Option<f32>,
    /// The share of the training texts that is held out to choose the best model, where no validation data are given
    /// [default: 0.1]
    #[arg(long)]
    pub validation: Option<f64>,
    /// Validate on at most so many of the held-out texts of each task [default: 2000]
    #[arg(long)]
    pub validation_samples: Option<usize>,
    /// Validate after so many steps, too, not only at the end of each epoch
    #[arg(long)]
    pub validate_every: Option<usize>,
    /// Train on at most so many texts of each task, picked at random
    #[arg(long)]
    pub train_samples: Option<usize>,
    /// What everything random is made from: the same seed, data and number of threads give the same model [default: 1]
    #[arg(long)]
    pub seed: Option<u64>,
    /// What is to be learnt; on the command line by flags of their own.
    #[arg(skip)]
    #[serde(default, rename = "task")]
    pub tasks: Vec<TaskSettings>,
}

/// What a run does with its data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// How token vectors become one vector for the text.
    pub pooling: Pooling,
    /// What is done to texts before they are tokenised.
    #[serde(default)]
    pub normalisation: Normalisation,
    /// What the word vectors are rounded to, to stay so; where none is given they are trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<EmbeddingPrecision>,
    /// The longest text in tokens; what is longer is cut.
    pub max_tokens: usize,
    /// How often the data are gone through, as [`Mix`] says.
    pub epochs: usize,
    /// Texts in a batch.
    pub batch_size: usize,
    /// Batches in a step.
    pub accumulate: usize,
    /// How tasks take turns.
    pub mix: Mix,
    /// Which optimiser.
    pub optimizer: Method,
    /// The learning rate of the encoder's last layer.
    pub learning_rate: f64,
    /// The learning rate of the heads.
    pub head_learning_rate: f64,
    /// What multiplies the learning rate from one layer to the one below.
    pub layer_decay: f64,
    /// The decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// The share of all steps in which the learning rate rises.
    pub warm_up: f64,
    /// The longest gradient; none where it may be of any length.
    pub clip_norm: Option<f64>,
    /// The share of values dropped, after each sub-layer and on the attention probabilities.
    pub dropout: (f32, f32),
    /// The share of the training texts that is held out to choose the best model.
    pub validation: f64,
    /// At most so many validation texts of each task.
    pub validation_samples: usize,
    /// Validates after so many steps, too, not only after each epoch.
    pub validate_every: Option<usize>,
    /// At most so many training texts of each task; all of them where none is given.
    pub train_samples: Option<usize>,
    /// What shuffles, splits, masks and fresh weights are made from.
    pub seed: u64,
}

impl Settings {
    /// Reads a recipe file.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, or says something that no recipe has; the sentence names the line.
    pub fn read(path: &Path) -> Result<Self> {
        let toml = std::fs::read_to_string(path).map_err(Error::io(path))?;
        toml::from_str(&toml).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))
    }

    /// These settings, and where they say nothing those of `below`. The tasks are put together by the caller.
    pub fn over(self, below: Self) -> Self {
        macro_rules! over {
            ($($field:ident),*) => { Self { $($field: self.$field.or(below.$field),)* tasks: below.tasks } };
        }
        over!(
            pooling,
            normalisation,
            embeddings,
            max_tokens,
            epochs,
            batch_size,
            accumulate,
            mix,
            optimizer,
            learning_rate,
            head_learning_rate,
            layer_decay,
            weight_decay,
            schedule,
            warm_up,
            clip_norm,
            dropout,
            validation,
            validation_samples,
            validate_every,
            train_samples,
            seed
        )
    }

    /// The whole recipe, for a base model that was trained with `dropout`.
    pub fn recipe(&self, dropout: (f32, f32)) -> Recipe {
        let learning_rate = self.learning_rate.unwrap_or(3e-5);
        Recipe {
            pooling: self.pooling.unwrap_or(Pooling::Mean),
            normalisation: self.normalisation.unwrap_or_default(),
            embeddings: self.embeddings,
            max_tokens: self.max_tokens.unwrap_or(256),
            epochs: self.epochs.unwrap_or(4),
            batch_size: self.batch_size.unwrap_or(32),
            accumulate: self.accumulate.unwrap_or(1),
            mix: self.mix.unwrap_or(Mix::InTurn),
            optimizer: self.optimizer.unwrap_or(Method::RAdam),
            learning_rate,
            head_learning_rate: self.head_learning_rate.unwrap_or(learning_rate),
            layer_decay: self.layer_decay.unwrap_or(1.0),
            weight_decay: self.weight_decay.unwrap_or(0.0),
            schedule: self.schedule.unwrap_or(Schedule::Constant),
            warm_up: self.warm_up.unwrap_or(0.0),
            clip_norm: self.clip_norm,
            dropout: self.dropout.map_or(dropout, |share| (share, share)),
            validation: self.validation.unwrap_or(0.1),
            validation_samples: self.validation_samples.unwrap_or(2000),
            validate_every: self.validate_every,
            train_samples: self.train_samples,
            seed: self.seed(),
        }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }
}

/// A setting's value by the name that it has in a recipe file.
fn name<T: for<'a> Deserialize<'a>>(name: &str) -> std::result::Result<T, NameError> {
    T::deserialize(name.into_deserializer())
}

impl Recipe {
    /// Checks that the recipe can be followed with a model of this architecture.
    ///
    /// # Errors
    /// A number is out of its range; the sentence says which.
    pub fn check(&self, architecture: &Architecture) -> Result<()> {
        let counts = [
            ("epochs", Some(self.epochs)),
            ("batch-size", Some(self.batch_size)),
            ("accumulate", Some(self.accumulate)),
            ("validation-samples", Some(self.validation_samples)),
            ("validate-every", self.validate_every),
            ("train-samples", self.train_samples),
        ];
        if let Some((name, _)) = counts.iter().find(|(_, count)| *count == Some(0)) {
            return Err(Error::invalid(format!("{name} must be at least 1")));
        }
        let shares = [
            ("dropout", f64::from(self.dropout.0)),
            ("dropout", f64::from(self.dropout.1)),
            ("validation", self.validation),
            ("warm-up", self.warm_up),
        ];
        if let Some((name, share)) = shares.iter().find(|(_, share)| !(0.0..1.0).contains(share)) {
            return Err(Error::invalid(format!("{name} {share} is no share: give a number from 0 to below 1")));
        }
        let positive = [
            ("learning-rate", Some(self.learning_rate)),
            ("head-learning-rate", Some(self.head_learning_rate)),
            ("layer-decay", Some(self.layer_decay)),
            ("clip-norm", self.clip_norm),
        ];
        let is_positive = |value: f64| value > 0.0 && value.is_finite();
        if let Some((name, Some(value))) = positive.iter().find(|(_, value)| value.is_some_and(|v| !is_positive(v))) {
            return Err(Error::invalid(format!("{name} {value} must be above 0")));
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            return Err(Error::invalid(format!("weight-decay {} must not be below 0", self.weight_decay)));
        }
        if self.max_tokens > architecture.max_position_embeddings {
            return Err(Error::invalid(format!(
                "max-tokens {} is more than the base model's {} positions",
                self.max_tokens, architecture.max_position_embeddings
            )));
        }
        Ok(())
    }

    /// The learning rate and the weight decay of the variable `name` in an encoder of `layers` layers.
    pub fn rates(&self, name: &str, layers: usize) -> (f64, f64) {
        let layer = |rest: &str| rest.split('.').next().and_then(|number| number.parse::<usize>().ok());
        let learning_rate = if name.starts_with("heads.") {
            self.head_learning_rate
        } else {
            let below = match name.strip_prefix("encoder.layer.").and_then(layer) {
                Some(layer) => layers - 1 - layer,
                None if name.starts_with("embeddings.") => layers,
                None => 0,
            };
            self.learning_rate * self.layer_decay.powi(below as i32)
        };
        let decays = !name.ends_with(".bias") && !name.contains("LayerNorm");
        (learning_rate, if decays { self.weight_decay } else { 0.0 })
    }

    /// Checks that a run may be resumed with this recipe.
    ///
    /// # Errors
    /// It was started with another one; the sentence says what differs.
    pub fn check_same(&self, started: &Self) -> Result<()> {
        let fields = |recipe: &Self| match serde_json::to_value(recipe) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => Default::default(),
        };
        let (ours, theirs) = (fields(self), fields(started));
        let differences: Vec<_> = ours
            .iter()
            .filter(|(name, value)| theirs.get(*name) != Some(value))
            .map(|(name, value)| {
                let before = theirs.get(name).map_or("unknown".to_owned(), ToString::to_string);
                format!("{} was {before} and is now {value}", name.replace('_', "-"))
            })
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the run was started with another recipe ({}): resume it with the same",
            differences.join(", ")
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(toml: &str) -> Settings {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn flags_go_over_the_file_and_the_file_over_the_defaults() {
        let file = settings("epochs = 2\nlearning-rate = 1e-4\noptimizer = \"adamw\"\nmix = \"proportional\"");
        let flags = Settings { epochs: Some(3), ..Settings::default() };
        let recipe = flags.over(file).recipe((0.1, 0.2));
        assert_eq!((recipe.epochs, recipe.learning_rate, recipe.head_learning_rate), (3, 1e-4, 1e-4));
        assert_eq!((recipe.optimizer, recipe.mix, recipe.batch_size), (Method::AdamW, Mix::Proportional, 32));
        assert_eq!(recipe.dropout, (0.1, 0.2));
    }

    #[test]
    fn what_no_recipe_has_is_an_error_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recipe.toml");
        for (toml, expected) in [
            ("epochs = 2\nepoch = 3", "unknown field `epoch`"),
            ("epochs = 2\noptimizer = \"sgd\"", "unknown variant `sgd`, expected `radam` or `adamw`"),
            ("epochs = 2\n[[task]]\nlabels = []", "missing field `name`"),
        ] {
            std::fs::write(&path, toml).unwrap();
            let said = Settings::read(&path).unwrap_err().to_string();
            assert!(said.contains("recipe.toml: ") && said.contains(expected) && said.contains("line 2"), "{said}");
        }
    }

    #[test]
    fn matrices_alone_decay_and_lower_layers_learn_slower() {
        let settings =
            settings("learning-rate = 1.0\nhead-learning-rate = 8.0\nlayer-decay = 0.5\nweight-decay = 0.25");
        let recipe = settings.recipe((0.0, 0.0));
        for (name, rates) in [
            ("heads.sentiment.weight", (8.0, 0.25)),
            ("heads.sentiment.bias", (8.0, 0.0)),
            ("pooler.dense.weight", (1.0, 0.25)),
            ("encoder.layer.5.output.dense.weight", (1.0, 0.25)),
            ("encoder.layer.5.output.LayerNorm.weight", (1.0, 0.0)),
            ("encoder.layer.3.attention.self.query.bias", (0.25, 0.0)),
            ("embeddings.word_embeddings.weight", (1.0 / 64.0, 0.25)),
            ("embeddings.LayerNorm.weight", (1.0 / 64.0, 0.0)),
        ] {
            assert_eq!(recipe.rates(name, 6), rates, "{name}");
        }
    }
}
