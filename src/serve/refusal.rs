//! What the API says when it does not answer, in Google's words and shape: clients compare both.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
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
    fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuggestions | Self::OtherOrigin => (StatusCode::FORBIDDEN, "PERMISSION_DENIED"),
            Self::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "INVALID_ARGUMENT"),
            Self::Exhausted => (StatusCode::TOO_MANY_REQUESTS, "RESOURCE_EXHAUSTED"),
            Self::Late => (StatusCode::GATEWAY_TIMEOUT, "DEADLINE_EXCEEDED"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
            _ => (StatusCode::BAD_REQUEST, "INVALID_ARGUMENT"),
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
        let error = json!({ "code": code.as_u16(), "message": self.message(), "status": status, "details": [detail] });
        json!({ "error": error })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status().0, axum::Json(self.body())).into_response();
        if self == Self::Exhausted {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
