//! What the API says when it does not answer, in Google's words and shape: clients compare both.

use serde_json::{Value, json};

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no text.
    CommentEmpty,
    /// There is too much.
    CommentTooLong,
    /// It is said to be something else than plain text.
    CommentType,
    /// No attribute is asked for.
    NoAttributes,
    /// The attribute of this name is none of ours.
    UnknownAttribute(String),
    /// A score of another type than a probability is asked for.
    ScoreType {
        /// Which.
        score_type: String,
        /// Of which attribute.
        attribute: String,
    },
    /// The attribute does not know the languages that the request says.
    Languages {
        /// Which attribute.
        attribute: String,
        /// As the request has them.
        requested: Vec<String>,
    },
    /// The text is in none that the model knows, and the request does not say otherwise.
    LanguageUnknown,
    /// The request is not what it has to be; what is wrong.
    Invalid(String),
    /// Suggestions are not kept here.
    NoSuggestions,
    /// A page asks for what only programs may.
    OtherOrigin,
    /// There is nothing at this address.
    NotFound,
    /// The address takes other methods.
    MethodNotAllowed,
    /// More is asked than can be answered.
    Exhausted,
    /// The answer took too long.
    Late,
    /// The fault is ours; what is known of it goes to the log.
    Internal,
}

impl Refusal {
    /// HTTP's code for it.
    pub fn code(&self) -> u16 {
        self.status().0
    }

    fn status(&self) -> (u16, &'static str) {
        match self {
            Self::NoSuggestions | Self::OtherOrigin => (403, "PERMISSION_DENIED"),
            Self::NotFound => (404, "NOT_FOUND"),
            Self::MethodNotAllowed => (405, "INVALID_ARGUMENT"),
            Self::Exhausted => (429, "RESOURCE_EXHAUSTED"),
            Self::Late => (504, "DEADLINE_EXCEEDED"),
            Self::Internal => (500, "INTERNAL"),
            _ => (400, "INVALID_ARGUMENT"),
        }
    }

    /// As perspective.py and others search it.
    fn message(&self) -> String {
        match self {
            Self::CommentEmpty => "Comment must be non-empty.".to_owned(),
            Self::CommentTooLong => "Comment text too long.".to_owned(),
            Self::CommentType => "Currently, only 'PLAIN_TEXT' comments are supported".to_owned(),
            Self::NoAttributes => "Missing requested_attributes".to_owned(),
            Self::UnknownAttribute(attribute) => format!("Unknown requested attribute: {attribute}"),
            Self::ScoreType { score_type, attribute } => {
                format!("Requested score type {score_type} is not supported by attribute {attribute}")
            }
            Self::Languages { attribute, requested } => {
                format!("Attribute {attribute} does not support request languages: {}", requested.join(", "))
            }
            Self::LanguageUnknown => "Unable to detect language".to_owned(),
            Self::Invalid(what) => format!("Invalid JSON payload received. {what}"),
            Self::NoSuggestions => {
                "Suggested scores are not kept here; start the server with --suggestions to keep them in a file"
                    .to_owned()
            }
            Self::OtherOrigin => "Suggested scores are taken from programs, not from pages in a browser.".to_owned(),
            Self::NotFound => "The requested URL was not found on this server.".to_owned(),
            Self::MethodNotAllowed => "The request method is not supported by this URL.".to_owned(),
            Self::Exhausted => {
                "More requests are waiting than this server answers in time; try again in a second.".to_owned()
            }
            Self::Late => "The answer took too long.".to_owned(),
            Self::Internal => "Internal error encountered.".to_owned(),
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::CommentEmpty => "COMMENT_EMPTY",
            Self::CommentTooLong => "COMMENT_TOO_LONG",
            Self::NoAttributes => "NO_REQUESTED_ATTRIBUTES",
            Self::Languages { .. } => "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            Self::LanguageUnknown => "LANGUAGE_DETECTION_FAILED",
            _ => "INVALID_REQUEST",
        }
    }

    /// The body. There always is a first detail: clients take it without looking.
    pub fn body(&self) -> Value {
        let (code, status) = self.status();
        let mut detail = json!({
            "@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error",
            "errorType": self.error_type(),
        });
        if let Self::Languages { attribute, requested } = self {
            detail["languageNotSupportedByAttributeError"] =
                json!({ "detectedLanguages": [], "requestedLanguages": requested, "attribute": attribute });
        }
        let error = json!({ "code": code, "message": self.message(), "status": status, "details": [detail] });
        json!({ "error": error })
    }
}
