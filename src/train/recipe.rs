//! How a model is trained.
//!
//! A recipe file (TOML), the command line and the run folder's `run.json` say the same things under the same names, and are one
//! type, [`Recipe`]. Each layer goes over the one below: the defaults, the file ([`Recipe::read`]), the flags, which
//! clap sets in the recipe that there is. What came out is kept in the run folder, and must not change when a run is
//! resumed. The defaults are the original recipe that this project began with: RAdam at a constant rate of 3e-5, batches of 32,
//! four epochs.

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use toml::Table;

use super::optimizer::Method;
use super::sampler::Mix;
use super::schedule::Schedule;
use super::task::TaskSettings;
use crate::bert::{Architecture, Pooling, names};
use crate::bundle::EmbeddingPrecision;
use crate::text::Normalisation;
use crate::{Error, Result};

/// What a run learns, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Recipe {
    /// How the tokens' vectors become the text's: mean, cls (the first token's) or pooler (the first token's through the
    /// checkpoint's pooler) [default: mean]
    #[cfg_attr(feature = "cli", arg(long, value_parser = name::<Pooling>))]
    pub pooling: Pooling,
    /// What is done to texts before they are tokenised, in training and for good: none, or plain, which reads
    /// them as a reader does (sh1t, f*ck, i d i o t, 😡) [default: none]
    #[cfg_attr(feature = "cli", arg(long, value_parser = name::<Normalisation>))]
    pub normalisation: Normalisation,
    /// Round the word vectors as `export --embeddings` does with this precision, and teach the rest to do with them; they
    /// are left as they are then
    #[cfg_attr(feature = "cli", arg(long, value_parser = name::<EmbeddingPrecision>))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<EmbeddingPrecision>,
    /// Cut texts to so many tokens in training. Shorter is faster; the model may still read longer texts afterwards
    /// [default: 256]
    #[cfg_attr(feature = "cli", arg(long))]
    pub max_tokens: usize,
    /// How often to go through the data [default: 8 with fewer than 1,000 texts of a task, 4 with fewer than 10,000, else 2]
    #[cfg_attr(feature = "cli", arg(long))]
    pub epochs: usize,
    /// Texts in a batch [default: 32]
    #[cfg_attr(feature = "cli", arg(long))]
    pub batch_size: usize,
    /// Batches whose gradients make one step of the optimiser: as one batch of so many times the size, in the memory of
    /// one [default: 1]
    #[cfg_attr(feature = "cli", arg(long))]
    pub accumulate: usize,
    /// How several tasks are mixed: in-turn (a step of each) or proportional (each as often as it has batches)
    /// [default: in-turn]
    #[cfg_attr(feature = "cli", arg(long, value_parser = name::<Mix>))]
    pub mix: Mix,
    /// The optimiser: radam or adamw [default: adamw]
    #[cfg_attr(feature = "cli", arg(long, value_parser = name::<Method>))]
    pub optimizer: Method,
    /// The optimiser's learning rate, that of the encoder's last layer [default: 2e-4, and 1e-4 from
    /// 1,000 texts of a task on]
    #[cfg_attr(feature = "cli", arg(long))]
    pub learning_rate: f64,
    /// The heads' learning rate, which start from nothing where the encoder is pretrained [default: ten times the
    /// learning rate]
    #[cfg_attr(feature = "cli", arg(long))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_learning_rate: Option<f64>,
    /// Each encoder layer's learning rate is so many times that of the layer above it [default: 1]
    #[cfg_attr(feature = "cli", arg(long))]
    pub layer_decay: f64,
    /// Decoupled weight decay, of matrices only: none on biases and layer normalisation [default: 0.01]
    #[cfg_attr(feature = "cli", arg(long))]
    pub weight_decay: f64,
    /// How the learning rate changes: constant, or linear (falls to 0 at the end) [default: linear]
    #[cfg_attr(feature = "cli", arg(long, value_parser = name::<Schedule>))]
    pub schedule: Schedule,
    /// The share of all steps in which the learning rate rises from 0 [default: 0.1]
    #[cfg_attr(feature = "cli", arg(long))]
    pub warm_up: f64,
    /// Shorten the gradient of a step to this norm where it is longer [default: never]
    #[cfg_attr(feature = "cli", arg(long))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// The share of values dropped while training, after each sub-layer and on the attention probabilities
    /// [default: the base model's]
    #[cfg_attr(feature = "cli", arg(long, value_parser = one_share))]
    #[serde(deserialize_with = "one_or_two")]
    pub dropout: (f32, f32),
    /// The share of the training texts that is held out to choose the best model, where no validation data are given
    /// [default: 0.1]
    #[cfg_attr(feature = "cli", arg(long))]
    pub validation: f64,
    /// Validate on at most so many of the held-out texts of each task [default: 2000]
    #[cfg_attr(feature = "cli", arg(long))]
    pub validation_samples: usize,
    /// Validate after so many steps, too, not only at the end of each epoch
    #[cfg_attr(feature = "cli", arg(long))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validate_every: Option<usize>,
    /// Train on at most so many texts of each task, picked at random
    #[cfg_attr(feature = "cli", arg(long))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_samples: Option<usize>,
    /// What everything random is made from: the same seed, data and number of threads give the same model [default: 1]
    #[cfg_attr(feature = "cli", arg(long))]
    pub seed: u64,
    /// What is to be learnt; on the command line by flags of their own. A run records its tasks by themselves.
    #[cfg_attr(feature = "cli", arg(skip))]
    #[serde(rename = "task", skip_serializing)]
    pub tasks: Vec<TaskSettings>,
}

impl Default for Recipe {
    /// The recipe for some thousand texts.
    fn default() -> Self {
        Self::for_texts(5_000)
    }
}

impl Recipe {
    /// What is best for so many training texts, where nobody says otherwise (docs/TRAINING.md has the trials). A pretrained encoder
    /// hardly moves in the few steps that little data are, unless by a high rate and by going through them often; with many texts
    /// both would unlearn more than they teach.
    pub fn for_texts(texts: usize) -> Self {
        let (epochs, learning_rate) = match texts {
            ..1_000 => (8, 2e-4),
            1_000..10_000 => (4, 1e-4),
            _ => (2, 1e-4),
        };
        Self {
            pooling: Pooling::Mean,
            normalisation: Normalisation::None,
            embeddings: None,
            max_tokens: 256,
            epochs,
            batch_size: 32,
            accumulate: 1,
            mix: Mix::InTurn,
            optimizer: Method::AdamW,
            learning_rate,
            head_learning_rate: None,
            layer_decay: 1.0,
            weight_decay: 0.01,
            schedule: Schedule::Linear,
            warm_up: 0.1,
            clip_norm: None,
            dropout: (0.1, 0.1),
            validation: 0.1,
            validation_samples: 2000,
            validate_every: None,
            train_samples: None,
            seed: 1,
            tasks: Vec::new(),
        }
    }
}

/// A setting's value by the name that it has in a recipe file.
#[cfg(feature = "cli")]
fn name<T: for<'a> Deserialize<'a>>(name: &str) -> std::result::Result<T, serde::de::value::Error> {
    T::deserialize(serde::de::IntoDeserializer::into_deserializer(name))
}

/// The same dropout everywhere.
#[cfg(feature = "cli")]
fn one_share(share: &str) -> std::result::Result<(f32, f32), std::num::ParseFloatError> {
    share.parse().map(|share| (share, share))
}

/// A share for both kinds of dropout, or one for each.
fn one_or_two<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<(f32, f32), D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a number, or two")]
    enum Shares {
        One(f32),
        Two(f32, f32),
    }
    Ok(match Shares::deserialize(deserializer)? {
        Shares::One(share) => (share, share),
        Shares::Two(hidden, attention) => (hidden, attention),
    })
}

/// The recipe of a `run.json`. Earlier versions wrote the names of fields with underscores.
pub(super) fn recorded<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Recipe, D::Error> {
    let fields = serde_json::Map::deserialize(deserializer)?;
    let fields: serde_json::Map<_, _> =
        fields.into_iter().map(|(name, value)| (name.replace('_', "-"), value)).collect();
    Recipe::deserialize(serde_json::Value::Object(fields)).map_err(D::Error::custom)
}

impl Recipe {
    /// Reads a recipe file; what it does not say is as in `below`.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, or says something that no recipe has; the sentence names the line.
    pub fn read(path: &Path, below: &Self) -> Result<Self> {
        let toml = std::fs::read_to_string(path).map_err(Error::io(path))?;
        Self::parse(&toml, below).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))
    }

    fn parse(toml: &str, below: &Self) -> Result<Self> {
        let wrong = |error: toml::de::Error| Error::invalid(error.to_string());
        // By itself first, since a table of it no longer knows lines.
        let _: Self = toml::from_str(toml).map_err(wrong)?;
        let mut layers = Table::try_from(below).map_err(|error| Error::invalid(error.to_string()))?;
        layers.extend(toml::from_str::<Table>(toml).map_err(wrong)?);
        layers.try_into().map_err(wrong)
    }

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
            ("head-learning-rate", self.head_learning_rate),
            ("layer-decay", Some(self.layer_decay)),
            ("clip-norm", self.clip_norm),
        ];
        let is_positive = |value: f64| value > 0.0 && value.is_finite();
        if let Some((name, Some(value))) = positive.iter().find(|(_, value)| value.is_some_and(|v| !is_positive(v))) {
            return Err(Error::invalid(format!("{name} {value} must be above 0")));
        }
        if self.layer_decay > 1.0 {
            return Err(Error::invalid(format!(
                "layer-decay {} would have lower layers learn faster than higher ones: give at most 1",
                self.layer_decay
            )));
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

    /// The learning rate of the heads.
    fn heads_rate(&self) -> f64 {
        self.head_learning_rate.unwrap_or(10.0 * self.learning_rate)
    }

    /// How a run will learn, in a sentence.
    pub fn sentence(&self) -> String {
        let optimizer = match self.optimizer {
            Method::RAdam => "RAdam",
            Method::AdamW => "AdamW",
        };
        let schedule = match self.schedule {
            Schedule::Constant => "constant",
            Schedule::Linear => "falling to 0",
        };
        format!(
            "{} epochs in batches of {}, {optimizer} with a learning rate of {:e} (heads {:e}), {schedule}",
            self.epochs,
            self.batch_size * self.accumulate,
            self.learning_rate,
            self.heads_rate()
        )
    }

    /// The learning rate and the weight decay of the variable `name` in an encoder of `layers` layers.
    pub fn rates(&self, name: &str, layers: usize) -> (f64, f64) {
        let learning_rate = if name.starts_with(names::HEADS) {
            self.heads_rate()
        } else {
            let below = match names::layer_of(name) {
                Some(layer) => layers - 1 - layer,
                None if name.starts_with(names::EMBEDDINGS) => layers,
                None => 0,
            };
            self.learning_rate * self.layer_decay.powi(below as i32)
        };
        let decays = !names::is_bias_or_norm(name);
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
        // What is not set has no field.
        let names: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
        let set = |value: Option<&serde_json::Value>| value.map_or("not set".to_owned(), ToString::to_string);
        let differences: Vec<_> = names
            .into_iter()
            .map(|name| (name, theirs.get(name), ours.get(name)))
            .filter(|(_, before, now)| before != now)
            .map(|(name, before, now)| format!("{name} was {} and is now {}", set(before), set(now)))
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
    #[cfg(feature = "cli")]
    use clap::{Args, FromArgMatches};

    use super::*;

    /// Flags for all fields, over `recipe`.
    #[cfg(feature = "cli")]
    fn with_flags(mut recipe: Recipe, flags: &[&str]) -> std::result::Result<Recipe, clap::Error> {
        let command = Recipe::augment_args_for_update(clap::Command::new("train").no_binary_name(true));
        recipe.update_from_arg_matches(&command.try_get_matches_from(flags)?)?;
        Ok(recipe)
    }

    #[cfg(feature = "cli")]
    #[test]
    fn flags_go_over_the_file_and_the_file_over_the_defaults() {
        let file = "epochs = 2\nlearning-rate = 1e-4\noptimizer = \"adamw\"\nmix = \"proportional\"\nclip-norm = 2.0";
        let below = Recipe { dropout: (0.1, 0.2), seed: 7, ..Recipe::default() };
        let file = Recipe::parse(file, &below).unwrap();
        let recipe = with_flags(file, &["--epochs", "3", "--clip-norm", "1", "--pooling", "cls"]).unwrap();
        let expected = Recipe {
            epochs: 3,
            learning_rate: 1e-4,
            optimizer: Method::AdamW,
            mix: Mix::Proportional,
            clip_norm: Some(1.0),
            pooling: Pooling::Cls,
            ..below.clone()
        };
        assert_eq!(recipe, expected);
        assert_eq!(with_flags(expected.clone(), &[]).unwrap(), expected, "what no flag names stays");
        assert_eq!(with_flags(below, &["--dropout", "0.3"]).unwrap().dropout, (0.3, 0.3));
        assert!(
            with_flags(expected, &["--mix", "shaken"]).unwrap_err().to_string().contains("unknown variant `shaken`")
        );
    }

    #[cfg(feature = "cli")]
    #[test]
    fn every_default_is_what_the_help_says() {
        let command = Recipe::augment_args_for_update(clap::Command::new("train"));
        let said = |argument: &clap::Arg| {
            let help = argument.get_help().unwrap().to_string();
            Some((argument.get_id().to_string(), help.split_once("[default: ")?.1.split_once(']')?.0.to_owned()))
        };
        let said: Vec<(String, String)> = command.get_arguments().filter_map(said).collect();
        assert!(said.len() > 15, "{said:?}");
        // Setting what the help says changes nothing.
        let in_words = [
            "8 with fewer than 1,000 texts of a task, 4 with fewer than 10,000, else 2",
            "2e-4, and 1e-4 from 1,000 texts of a task on",
            "ten times the learning rate",
            "never",
            "the base model's",
        ];
        for (id, value) in said.iter().filter(|(_, value)| !in_words.contains(&value.as_str())) {
            let flag = format!("--{}", id.replace('_', "-"));
            assert_eq!(with_flags(Recipe::default(), &[&flag, value]).unwrap(), Recipe::default(), "{flag} {value}");
        }
    }

    #[test]
    fn a_setting_that_is_left_out_is_another_recipe() {
        let set = Recipe { clip_norm: Some(0.1), train_samples: Some(200), ..Recipe::default() };
        let unset = Recipe { clip_norm: None, train_samples: None, ..Recipe::default() };
        set.check_same(&set).unwrap();
        let said = |now: &Recipe, before: &Recipe| now.check_same(before).unwrap_err().to_string();
        let (dropped, added) = (said(&unset, &set), said(&set, &unset));
        assert!(dropped.contains("clip-norm was 0.1 and is now not set, train-samples was 200"), "{dropped}");
        assert!(added.contains("clip-norm was not set and is now 0.1"), "{added}");
    }

    #[test]
    fn few_texts_are_gone_through_more_often() {
        let of = |texts| {
            let recipe = Recipe::for_texts(texts);
            (recipe.epochs, recipe.learning_rate, recipe.rates("heads.mail.bias", 6).0)
        };
        assert_eq!([of(0), of(999)], [(8, 2e-4, 2e-3); 2]);
        assert_eq!([of(1_000), of(9_999)], [(4, 1e-4, 1e-3); 2]);
        assert_eq!(of(10_000), (2, 1e-4, 1e-3));
        assert_eq!(
            Recipe { clip_norm: None, ..Recipe::for_texts(500) }.sentence(),
            "8 epochs in batches of 32, AdamW with a learning rate of 2e-4 (heads 2e-3), falling to 0"
        );
    }

    #[test]
    fn a_recorded_recipe_is_read_as_it_was() {
        #[derive(Deserialize)]
        struct Record {
            #[serde(deserialize_with = "recorded")]
            recipe: Recipe,
        }
        let recipe = Recipe { dropout: (0.1, 0.2), seed: u64::MAX, clip_norm: Some(0.5), ..Recipe::default() };
        let json = serde_json::json!({ "recipe": recipe });
        assert_eq!(serde_json::from_value::<Record>(json.clone()).unwrap().recipe, recipe);
        let older = json.to_string().replace('-', "_").replace("in_turn", "in-turn");
        assert_eq!(serde_json::from_str::<Record>(&older).unwrap().recipe, recipe, "{older}");
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
            let said = Recipe::read(&path, &Recipe::default()).unwrap_err().to_string();
            assert!(said.contains("recipe.toml: ") && said.contains(expected) && said.contains("line 2"), "{said}");
        }
    }

    #[test]
    fn matrices_alone_decay_and_lower_layers_learn_slower() {
        let recipe = Recipe {
            learning_rate: 1.0,
            head_learning_rate: Some(8.0),
            layer_decay: 0.5,
            weight_decay: 0.25,
            ..Recipe::default()
        };
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
