//! Requests and answers, without a model.
//!
//! Places are counted in UTF-16 units, and a span is a sentence, as Google's are: clients cut strings by them. What the API has no place for, the model and
//! its hash and the words that did it, stands in a field of our own beside the API's, since clients walk through `attributeScores`.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::attributes::{Attribute, Attributes};
use super::refusal::Refusal;
use super::spans::sentences;
use crate::classify::{Classification, Reason};
use crate::rows;
use crate::text::Utf16;

/// The longest comment, in bytes.
const LONGEST: usize = 20_480;

/// The name and the hash of a model.
#[derive(Debug, Clone)]
pub struct Model {
    /// The bundle's name.
    pub name: String,
    /// [`Manifest::sha256`](crate::bundle::Manifest::sha256) of the bundle.
    pub sha256: String,
}

/// A request as it comes, its fields in either spelling that JSON of Google's may have; what clients leave out or say nothing by is none.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    comment: Option<Comment>,
    #[serde(alias = "requested_attributes")]
    requested_attributes: Option<BTreeMap<String, Option<Parameters>>>,
    #[serde(alias = "span_annotations")]
    span_annotations: Option<bool>,
    languages: Option<Vec<String>>,
    #[serde(alias = "client_token")]
    client_token: Option<String>,
    #[serde(alias = "attribute_scores")]
    attribute_scores: Option<BTreeMap<String, Option<Suggested>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Comment {
    text: Option<String>,
    r#type: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    #[serde(alias = "score_type")]
    score_type: Option<String>,
    #[serde(alias = "score_threshold")]
    score_threshold: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Suggested {
    #[serde(alias = "summary_score")]
    summary_score: Option<Score>,
    #[serde(alias = "span_scores")]
    span_scores: Option<Vec<SuggestedSpan>>,
}

#[derive(Debug, Deserialize)]
struct SuggestedSpan {
    begin: usize,
    end: usize,
    score: Score,
}

#[derive(Debug, Deserialize)]
struct Score {
    value: f64,
}

/// What is asked of a comment.
#[derive(Debug)]
pub struct Question {
    text: String,
    asked: Vec<Asked>,
    /// The sentences, where they are to be scored, too.
    sentences: Vec<Range<usize>>,
    is_annotated: bool,
    languages: Vec<String>,
    client_token: Option<String>,
}

#[derive(Debug)]
struct Asked {
    /// As the request calls it.
    name: String,
    attribute: Attribute,
    score_threshold: f64,
}

/// Scores that somebody suggests for a comment.
#[derive(Debug)]
pub struct Suggestion {
    /// Texts, the comment or spans of it, with the suggested score of each label, 0 to 1.
    pub rows: Vec<(String, BTreeMap<&'static str, f64>)>,
    languages: Vec<String>,
    client_token: Option<String>,
}

impl Question {
    /// What the body of a request asks.
    ///
    /// # Errors
    /// It asks for what cannot be answered, or is none.
    pub fn parse(body: &[u8], attributes: &Attributes) -> Result<Self, Refusal> {
        let body = Body::parse(body)?;
        let text = body.text()?;
        let asked = body.requested_attributes.unwrap_or_default();
        if asked.is_empty() {
            return Err(Refusal::NoAttributes);
        }
        let asked: Vec<Asked> = asked
            .into_iter()
            .map(|(name, parameters)| Asked::new(name, parameters, attributes))
            .collect::<Result<_, _>>()?;
        let languages = body.languages.unwrap_or_default();
        check_languages(&languages, &asked[0].name)?;
        let is_annotated = body.span_annotations.unwrap_or_default();
        let sentences = if is_annotated { sentences(&text) } else { Vec::new() };
        Ok(Self { text, asked, sentences, is_annotated, languages, client_token: body.client_token })
    }

    /// The texts to be classified: the comment, and where they are asked for its sentences, if it has more than one.
    pub fn texts(&self) -> Vec<String> {
        let sentences = if self.sentences.len() > 1 { &self.sentences[..] } else { &[] };
        let sentences = sentences.iter().map(|bytes| self.text[bytes.clone()].to_owned());
        std::iter::once(self.text.clone()).chain(sentences).collect()
    }

    /// The answer, from what the model says of [`Self::texts`], in their order.
    ///
    /// # Errors
    /// The text is in another language than the model's, nothing in it is above a threshold, and the request does not say that it is English.
    pub fn answer(&self, classifications: &[Classification], model: &Model) -> Result<Value, Refusal> {
        let Some((whole, sentences)) = classifications.split_first() else { return Err(Refusal::Internal) };
        let is_marked = |asked: &Asked| is_present(whole, &asked.attribute);
        if whole.reason == Some(Reason::OtherLanguage) && self.languages.is_empty() && !self.asked.iter().any(is_marked)
        {
            return Err(Refusal::LanguageUnknown);
        }
        let spans = self.spans(whole, sentences);
        let mut places = Utf16::new(&self.text);
        let spans: Vec<(Range<usize>, &Classification)> =
            spans.into_iter().map(|(bytes, classification)| (places.range(&bytes), classification)).collect();
        let scores: Map<String, Value> =
            self.asked.iter().filter_map(|asked| Some((asked.name.clone(), asked.scores(whole, &spans)?))).collect();
        let mut answer = json!({
            "attributeScores": scores,
            "languages": if self.languages.is_empty() { vec!["en".to_owned()] } else { self.languages.clone() },
            // Which other language it is nobody here can tell (ISO 639-2: undetermined).
            "detectedLanguages": [if whole.reason == Some(Reason::OtherLanguage) { "und" } else { "en" }],
            "undertone": self.extension(whole, model),
        });
        if let Some(token) = &self.client_token {
            answer["clientToken"] = token.as_str().into();
        }
        Ok(answer)
    }

    /// What has a score of its own, and where it is: the sentences, or all of the comment.
    fn spans<'a>(
        &self,
        whole: &'a Classification,
        sentences: &'a [Classification],
    ) -> Vec<(Range<usize>, &'a Classification)> {
        match (&self.sentences[..], sentences) {
            (bytes, sentences) if sentences.len() == bytes.len() && !bytes.is_empty() => {
                bytes.iter().cloned().zip(sentences).collect()
            }
            ([only], _) => vec![(only.clone(), whole)],
            _ => vec![(0..self.text.len(), whole)],
        }
    }

    fn extension(&self, whole: &Classification, model: &Model) -> Value {
        let mut extension = json!({ "model": model.name, "sha256": model.sha256, "truncated": whole.truncated });
        if let Some(reason) = whole.reason {
            extension["reason"] = reason.sentence().into();
        }
        if self.is_annotated {
            let words: Map<String, Value> = self
                .asked
                .iter()
                .filter_map(|asked| Some((asked.name.clone(), self.words(whole, &asked.attribute)?)))
                .collect();
            extension["wordSpans"] = words.into();
        }
        extension
    }

    /// The marked words of a label; none where no head for words knows it.
    fn words(&self, whole: &Classification, attribute: &Attribute) -> Option<Value> {
        let words = whole.words.iter().find(|words| words.label == attribute.label)?;
        let mut places = Utf16::new(&self.text);
        let spans = words.spans(&self.text).into_iter().map(|bytes| {
            let Range { start, end } = places.range(&bytes);
            json!({ "begin": start, "end": end })
        });
        Some(spans.collect::<Vec<_>>().into())
    }
}

impl Asked {
    fn new(name: String, parameters: Option<Parameters>, attributes: &Attributes) -> Result<Self, Refusal> {
        let Some(attribute) = attributes.find(&name).cloned() else { return Err(Refusal::UnknownAttribute(name)) };
        let Parameters { score_type, score_threshold } = parameters.unwrap_or_default();
        match score_type {
            Some(score_type) if !["", "PROBABILITY", "SCORE_TYPE_UNSPECIFIED"].contains(&score_type.as_str()) => {
                Err(Refusal::ScoreType { score_type, attribute: name })
            }
            _ => Ok(Self { name, attribute, score_threshold: score_threshold.unwrap_or_default() }),
        }
    }

    /// The scores from the wanted one on; none where there are none.
    fn scores(&self, whole: &Classification, spans: &[(Range<usize>, &Classification)]) -> Option<Value> {
        let score =
            |of: &Classification| probability(of, &self.attribute).filter(|value| *value >= self.score_threshold);
        let json_score = |value: f64| json!({ "value": value, "type": "PROBABILITY" });
        let of_spans: Vec<Value> = spans
            .iter()
            .filter_map(|(units, of)| {
                Some(json!({ "begin": units.start, "end": units.end, "score": json_score(score(of)?) }))
            })
            .collect();
        let summary = score(whole);
        (summary.is_some() || !of_spans.is_empty()).then(|| {
            let mut scores = json!({ "spanScores": of_spans });
            if let Some(summary) = summary {
                scores["summaryScore"] = json_score(summary);
            }
            scores
        })
    }
}

impl Suggestion {
    /// What the body of a request suggests.
    ///
    /// # Errors
    /// It suggests nothing that can be learnt, or is none.
    pub fn parse(body: &[u8], attributes: &Attributes) -> Result<Self, Refusal> {
        let body = Body::parse(body)?;
        let text = body.text()?;
        let suggested = body.attribute_scores.unwrap_or_default();
        if suggested.is_empty() {
            return Err(Refusal::Invalid("Missing attribute_scores".to_owned()));
        }
        let languages = body.languages.unwrap_or_default();
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut rows = BTreeMap::<(usize, usize), BTreeMap<&'static str, f64>>::new();
        for (name, suggested) in suggested {
            check_languages(&languages, &name)?;
            let Some(attribute) = attributes.find(&name) else { return Err(Refusal::UnknownAttribute(name)) };
            let Suggested { summary_score, span_scores } = suggested.unwrap_or_default();
            let spans = span_scores.unwrap_or_default().into_iter().map(|span| (span.begin..span.end, span.score));
            for (span, Score { value }) in summary_score.map(|score| (0..units.len(), score)).into_iter().chain(spans) {
                if !(0.0..=1.0).contains(&value) {
                    return Err(Refusal::Invalid(format!("A score of {name} is not from 0 to 1")));
                }
                if units.get(span.clone()).is_none_or(|units| units.is_empty()) {
                    return Err(Refusal::Invalid(format!("A span of {name} is not within the comment")));
                }
                if String::from_utf16(&units[span.clone()]).is_err() {
                    return Err(Refusal::Invalid(format!("A span of {name} begins or ends within a character")));
                }
                let other = rows.entry((span.start, span.end)).or_default().insert(attribute.label, value);
                if other.is_some_and(|other| other != value) {
                    return Err(Refusal::Invalid(format!(
                        "There are two scores of what {name} stands for, {}",
                        attribute.label
                    )));
                }
            }
        }
        if rows.is_empty() {
            return Err(Refusal::Invalid("No attribute has a score".to_owned()));
        }
        let text = |(begin, end): (usize, usize)| String::from_utf16_lossy(&units[begin..end]);
        let rows = rows.into_iter().map(|(span, scores)| (text(span), scores)).collect();
        Ok(Self { rows, languages, client_token: body.client_token })
    }

    /// What is said in return.
    pub fn answer(&self) -> Value {
        let mut answer = json!({ "detectedLanguages": [], "requestedLanguages": self.languages });
        if let Some(token) = &self.client_token {
            answer["clientToken"] = token.as_str().into();
        }
        answer
    }
}

impl Body {
    /// The body of a request; one that is empty asks nothing. Half an emoji, which no text in UTF-8 can hold, is read as �, which is as long in UTF-16.
    fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let invalid = |what: &dyn std::fmt::Display| Refusal::Invalid(what.to_string());
        let json = std::str::from_utf8(body).map_err(|_| Refusal::Invalid("It is not UTF-8.".to_owned()))?;
        if json.trim().is_empty() {
            return Ok(Self::default());
        }
        // Of an array serde would take the fields in their order.
        if !json.trim_start().starts_with('{') {
            return Err(Refusal::Invalid("It is not an object.".to_owned()));
        }
        match serde_json::from_str(json) {
            Ok(body) => Ok(body),
            Err(error) => match rows::with_whole_characters(json) {
                Some(mended) => serde_json::from_str(&mended).map_err(|error| invalid(&error)),
                None => Err(invalid(&error)),
            },
        }
    }

    fn text(&self) -> Result<String, Refusal> {
        let comment = self.comment.as_ref();
        let text = comment.and_then(|comment| comment.text.as_deref()).unwrap_or_default();
        let kind = comment.and_then(|comment| comment.r#type.as_deref()).unwrap_or_default();
        match text {
            _ if !["", "PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"].contains(&kind) => Err(Refusal::CommentType),
            _ if text.trim().is_empty() => Err(Refusal::CommentEmpty),
            _ if text.len() > LONGEST => Err(Refusal::CommentTooLong),
            _ => Ok(text.to_owned()),
        }
    }
}

/// That a request is for English, in whatever part of the world, or says nothing of it.
fn check_languages(languages: &[String], attribute: &str) -> Result<(), Refusal> {
    let is_english =
        |language: &String| language.split(['-', '_']).next().is_some_and(|code| code.eq_ignore_ascii_case("en"));
    match languages.iter().all(is_english) {
        true => Ok(()),
        false => Err(Refusal::Languages { attribute: attribute.to_owned(), requested: languages.to_vec() }),
    }
}

fn probability(classification: &Classification, attribute: &Attribute) -> Option<f64> {
    let (task, label) = attribute.place;
    let probability = classification.tasks.get(task)?.labels.get(label)?.probability;
    // An f32 has seven digits.
    Some((f64::from(probability) * 1e7).round() / 1e7)
}

fn is_present(classification: &Classification, attribute: &Attribute) -> bool {
    let (task, label) = attribute.place;
    classification.tasks.get(task).is_some_and(|task| task.is_present(label))
}
