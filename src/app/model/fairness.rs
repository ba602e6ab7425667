//! How groups of people fare: the same sentences with one term after the other, and texts that mention them.

use super::plot::{Bars, Chart};
use super::table::{Table, figure, share};
use super::tree::{Element, html, paragraph};
use crate::app::wording::humanise;
use crate::card::{Bias, MentionedTerm, Mentions, Term};

/// The bars of the chart reach so far at least: small ones are to look small.
const LEAST: f64 = 0.25;

/// What the three areas of the tables are.
const AREAS: &str = "In the tables, of two texts of which one has the label and the other has not, how often the first has the higher probability: \
    where both mention the term (subgroup AUC), where the one without the label does (BPSN, low if mentioning is taken for attacking), and where the \
    one with it does (BNSP, low if attacks are overlooked).";

/// What the card says of it; nothing was measured where there is no `bias`.
pub fn drawn(bias: Option<&Bias>) -> Element {
    let all = html("section").with("class", "measured-task").with("id", "fairness");
    let all = all.holding(html("h3").text("Groups of people".to_owned()));
    let Some(bias) = bias else {
        let missing = "It was not measured whether a label is seen where a group of people is merely mentioned.";
        return all.holding(paragraph("hint", missing.to_owned()));
    };
    let all =
        all.holding(html("p").text(sentence(bias))).holding(html("div").with("class", "charts").holding(terms(bias)));
    let mentions = bias.mentions.iter().map(mentions).collect();
    all.holding_all(mentions).holding(paragraph("hint", AREAS.to_owned()))
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

fn terms(bias: &Bias) -> Element {
    let percent = |share: f64| format!("{:.1}%", 100.0 * share);
    let bar = |term: &Term| (term.term.clone(), Some(term.neutral), percent(term.neutral));
    let row = |term: &Term| {
        let distance = format!("{:+.1}%", 100.0 * term.distance);
        let mut row = vec![term.term.clone(), percent(term.neutral), distance, format!("{:.0}%", 100.0 * term.marked)];
        row.extend(term.aucs.map(figure));
        row
    };
    let ends = bias.terms.first().zip(bias.terms.last()).map(|(highest, lowest)| {
        let [high, low] = [highest, lowest].map(|term| share(term.neutral));
        format!(" Highest {} with {high}, lowest {} with {low}.", highest.term, lowest.term)
    });
    let columns = ["term", "harmless sentences", "from the mean", "marked", "subgroup AUC", "BPSN AUC", "BNSP AUC"];
    let bars = Bars {
        bars: bias.terms.iter().map(bar).collect(),
        most: bias.terms.iter().map(|term| term.neutral).fold(LEAST, f64::max),
        line: Some(bias.neutral),
    };
    let rows = bias.terms.iter().map(row).collect();
    bars.drawn(Chart {
        title: "Harmless sentences, term by term".to_owned(),
        description: format!(
            "The mean probability of “{}” in the same harmless sentences for each term; the line is their mean.{}",
            humanise(&bias.label),
            ends.unwrap_or_default()
        ),
        table: Table::new("The same sentences, term by term".to_owned(), &columns, rows),
    })
}

fn mentions(Mentions { texts, auc, terms, left_out }: &Mentions) -> Element {
    let row = |MentionedTerm { term, with, without, aucs }: &MentionedTerm| {
        let mut row = vec![term.clone(), with.to_string(), without.to_string()];
        row.extend(aucs.map(figure));
        row
    };
    let columns = ["term", "with the label", "without", "subgroup AUC", "BPSN AUC", "BNSP AUC"];
    let caption = format!(
        "In {texts} labelled texts, whose ROC AUC is {}; {left_out} terms are left out, since too few texts mention them",
        figure(*auc)
    );
    Table::new(caption, &columns, terms.iter().map(row).collect())
        .behind("In labelled texts that mention them", "areas")
}
