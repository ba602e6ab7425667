//! Undertone tells the tone of a text while it is being typed.
//!
//! One crate trains BERT classifiers natively and runs them in the browser. A [`classify::Classifier`] reads a bundle, a folder
//! with weights, tokenizer and a manifest, and says of each text how probable each label is:
//!
//! ```
//! use undertone::classify::Classifier;
//!
//! let classifier = Classifier::read("public/models/undertone")?;
//! let answer = classifier.classify("A wonderful film: I laughed and cried.")?;
//! assert!(answer.get("sentiment", "positive")?.probability > 0.9);
//! for answer in classifier.classify_all(&["What a mess.", "You are an idiot."])? {
//!     let insult = answer.get("toxicity", "insult")?;
//!     println!("{:.2}, of {} tokens", insult.probability, answer.tokens);
//! }
//! # Ok::<_, undertone::Error>(())
//! ```
//!
//! Bundles come from fine-tuning a pretrained BERT (`train`, of the feature of that name) on texts with labels, here in a CSV file
//! with the columns `text` and `positive`:
//!
//! ```
//! # #[cfg(feature = "train")] {
//! # use std::path::Path;
//! use candle_core::Device;
//! use undertone::text::Tokenizer;
//! use undertone::train::Silent;
//! use undertone::train::base::Base;
//! use undertone::train::data::BadRows;
//! use undertone::train::recipe::Recipe;
//! use undertone::train::task::{SourceSettings, TaskSettings};
//! use undertone::train::trainer::{RunOptions, train};
//!
//! # let (folder, base) = (tempfile::tempdir().unwrap(), Path::new("tests/fixtures/tiny-bert"));
//! # let (data, run) = (folder.path().join("reviews.csv"), folder.path().join("run"));
//! # let row = |number: usize| format!("film {number} was {}\n", ["bad,0", "good,1"][number % 2]);
//! # std::fs::write(&data, format!("text,positive\n{}", (0..80usize).map(row).collect::<String>())).unwrap();
//! let pretrained = Base::read(base, &Device::Cpu)?;
//! let recipe = Recipe { max_tokens: 32, epochs: 2, dropout: pretrained.checkpoint.dropout, ..Recipe::default() };
//! let tokenizer = Tokenizer::from_checkpoint(base, recipe.max_tokens)?;
//! let task = TaskSettings {
//!     name: "reviews".into(),
//!     labels: vec!["positive".parse()?],
//!     train: vec![SourceSettings::Path(data)],
//!     ..TaskSettings::default()
//! };
//! let texts = task.read(Path::new("."), BadRows::Refuse, recipe.seed, &mut Silent)?;
//! train(vec![texts], pretrained, &tokenizer, &recipe, &RunOptions::new(&run), &mut Silent)?;
//! assert!(run.join("run.json").exists());
//! # }
//! # Ok::<_, undertone::Error>(())
//! ```
//!
//! The run folder then holds the best epoch's model, of which a bundle is made:
//!
//! ```
//! # #[cfg(feature = "train")] {
//! # use std::path::Path;
//! use undertone::classify::Classifier;
//! use undertone::train::Silent;
//! use undertone::train::export::{Options, export};
//! use undertone::train::run::RunFolder;
//!
//! # use undertone::{text::Tokenizer, train::{base::Base, data::BadRows, recipe::Recipe, trainer::{RunOptions, train}}};
//! # use undertone::train::task::{SourceSettings, TaskSettings};
//! # let (folder, base) = (tempfile::tempdir().unwrap(), Path::new("tests/fixtures/tiny-bert"));
//! # let (data, run, bundle) = (folder.path().join("reviews.csv"), folder.path().join("run"), folder.path().join("bundle"));
//! # let row = |number: usize| format!("film {number} was {}\n", ["bad,0", "good,1"][number % 2]);
//! # std::fs::write(&data, format!("text,positive\n{}", (0..80usize).map(row).collect::<String>())).unwrap();
//! # let pretrained = Base::read(base, &candle_core::Device::Cpu)?;
//! # let recipe = Recipe { max_tokens: 32, epochs: 1, ..Recipe::default() };
//! # let task = TaskSettings {
//! #     name: "reviews".into(),
//! #     labels: vec!["positive".parse()?],
//! #     train: vec![SourceSettings::Path(data)],
//! #     ..TaskSettings::default()
//! # };
//! # let texts = task.read(Path::new("."), BadRows::Refuse, recipe.seed, &mut Silent)?;
//! # let tokenizer = Tokenizer::from_checkpoint(base, recipe.max_tokens)?;
//! # train(vec![texts], pretrained, &tokenizer, &recipe, &RunOptions::new(&run), &mut Silent)?;
//! let options = Options { name: "reviews".into(), ..Options::default() };
//! export(&RunFolder::open(&run)?, &bundle, &options, &mut Silent)?;
//! let answer = Classifier::read(&bundle)?.classify("film 7 was good")?;
//! println!("{:.2}", answer.get("reviews", "positive")?.probability);
//! # }
//! # Ok::<_, undertone::Error>(())
//! ```
//!
//! Without default features the crate is what classifies; `train` adds fine-tuning, measuring and exporting, and `cli`, the default,
//! the companion's command line.
//!
//! Data goes one way, and the modules follow it: ARCHITECTURE.md lists them from the top down, and nothing lower in that list
//! imports from anything higher up, which `tests/architecture.rs` sees to.

#[cfg(target_arch = "wasm32")]
pub mod app;
pub mod bert;
pub mod bundle;
pub mod card;
pub mod classify;
pub mod desk;
pub mod error;
// Some of it only training calls.
#[cfg(not(feature = "bench"))]
#[cfg_attr(not(all(feature = "train", not(target_arch = "wasm32"))), allow(dead_code, unused_imports))]
mod kernels;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod kernels;
mod lfs;
mod logistic;
#[cfg(not(feature = "bench"))]
#[cfg_attr(not(all(feature = "train", not(target_arch = "wasm32"))), allow(dead_code, unused_imports))]
mod ops;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod ops;
pub mod perspective;
pub mod protocol;
pub mod random;
pub mod rows;
#[cfg(all(feature = "serve", not(target_arch = "wasm32")))]
pub mod serve;
pub mod text;
mod threads;
pub mod threshold;
#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
pub mod train;
#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use error::{Error, Result};

/// README's program is compiled and run, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
