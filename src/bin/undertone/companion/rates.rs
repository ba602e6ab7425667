//! How common labels are where a bundle is used, as the command line has it.

use std::collections::BTreeMap;

use undertone::{Error, Result};

/// The true rates of labels.
#[derive(clap::Args)]
pub struct Rates {
    /// The true rate of a label where the bundle is used: the share of texts that have it, as in threat=0.003, to which the
    /// texts are weighted. Give it where the data have more or less of the label than the world; once for each label.
    #[arg(long = "rate", value_name = "LABEL=SHARE", value_parser = parse)]
    rates: Vec<(String, f64)>,
}

impl Rates {
    /// The rates by label.
    pub fn by_label(&self) -> Result<BTreeMap<String, f64>> {
        let mut rates = BTreeMap::new();
        for (name, rate) in &self.rates {
            if rates.insert(name.clone(), *rate).is_some() {
                return Err(Error::invalid(format!("--rate {name} was given twice: give it once")));
            }
        }
        Ok(rates)
    }
}

fn parse(argument: &str) -> Result<(String, f64)> {
    let shape = || Error::invalid("give a label and its rate, as in threat=0.003");
    let (label, rate) = argument.split_once('=').ok_or_else(shape)?;
    Ok((label.to_owned(), rate.parse().map_err(|_| shape())?))
}
