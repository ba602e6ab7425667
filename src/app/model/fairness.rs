//! How groups of people fare: the same sentences with one term after the other, and texts that mention them.

use leptos::prelude::*;

use super::rows::{Rows, RowsView};
use super::table::{Table, TableView, figure, share};
use crate::app::wording::humanise;
use crate::card::{Bias, MentionedTerm, Mentions, Term};

/// The bars of the chart reach so far at least: small ones are to look small.
const LEAST: f64 = 0.25;

/// What the card says of it.
#[component]
pub fn Fairness(
    /// What was measured; none where nothing was.
    bias: Option<Bias>,
) -> impl IntoView {
    let of = match bias {
        None => view! { <p class="hint">"It was not measured whether a label is seen where a group of people is merely mentioned."</p> }.into_any(),
        Some(bias) => {
            let mentions = bias.mentions.as_ref().map(|mentions| view! { <MentionsView mentions=mentions.clone() /> });
            view! {
                <p>{sentence(&bias)}</p>
                <div class="charts"><RowsView rows=terms(&bias) /></div>
                {mentions}
                <p class="hint">
                    "In the tables, of two texts of which one has the label and the other has not, how often the first has the higher probability: where
                    both mention the term (subgroup AUC), where the one without the label does (BPSN, low if mentioning is taken for attacking), and where the
                    one with it does (BNSP, low if attacks are overlooked)."
                </p>
            }
            .into_any()
        }
    };
    view! {
        <section class="measured-task" id="fairness">
            <h3>"Groups of people"</h3>
            {of}
        </section>
    }
}

fn sentence(bias: &Bias) -> String {
    format!(
        "The same harmless sentences with {} terms for groups of people, one after the other: the mean probability of “{}” is {}, and {} of \
         them are marked. Of the same sentences with an insult in them it is {}.",
        bias.terms.len(),
        humanise(&bias.label),
        share(bias.neutral),
        share(bias.neutral_marked),
        share(bias.toxic),
    )
}

fn terms(bias: &Bias) -> Rows {
    let bar = |term: &Term| (term.term.clone(), Some(term.neutral), format!("{:.1}%", 100.0 * term.neutral));
    let row = |term: &Term| {
        let mut row = vec![
            term.term.clone(),
            format!("{:.1}%", 100.0 * term.neutral),
            format!("{:+.1}%", 100.0 * term.distance),
            format!("{:.0}%", 100.0 * term.marked),
        ];
        row.extend(term.aucs.map(figure));
        row
    };
    let (highest, lowest) = (bias.terms.first(), bias.terms.last());
    let ends = highest.zip(lowest).map(|(highest, lowest)| {
        format!(
            " Highest {} with {}, lowest {} with {}.",
            highest.term,
            share(highest.neutral),
            lowest.term,
            share(lowest.neutral)
        )
    });
    let columns = ["term", "harmless sentences", "from the mean", "marked", "subgroup AUC", "BPSN AUC", "BNSP AUC"];
    Rows {
        title: "Harmless sentences, term by term".to_owned(),
        description: format!(
            "The mean probability of “{}” in the same harmless sentences for each term; the line is their mean.{}",
            humanise(&bias.label),
            ends.unwrap_or_default()
        ),
        bars: bias.terms.iter().map(bar).collect(),
        most: bias.terms.iter().map(|term| term.neutral).fold(LEAST, f64::max),
        line: Some(bias.neutral),
        table: Table::new("The same sentences, term by term", &columns, bias.terms.iter().map(row).collect()),
    }
}

#[component]
fn MentionsView(mentions: Mentions) -> impl IntoView {
    let Mentions { texts, auc, terms, left_out } = mentions;
    let row = |MentionedTerm { term, with, without, aucs }: &MentionedTerm| {
        let mut row = vec![term.clone(), with.to_string(), without.to_string()];
        row.extend(aucs.map(figure));
        row
    };
    let columns = ["term", "with the label", "without", "subgroup AUC", "BPSN AUC", "BNSP AUC"];
    let caption = format!("In {texts} labelled texts, whose ROC AUC is {}", figure(auc));
    view! {
        <details>
            <summary>"In labelled texts that mention them"</summary>
            <p class="hint">{format!("{left_out} terms are left out, since too few texts mention them.")}</p>
            <TableView table=Table::new(caption, &columns, terms.iter().map(row).collect()) />
        </details>
    }
}
