//! The server's own description, for everybody but Google's clients (<https://spec.openapis.org/oas/v3.1.0>).

use serde_json::{Value, json};

use crate::perspective::{Attributes, Nearness};

/// The document, of a server with these attributes.
pub fn document(attributes: &Attributes) -> Value {
    let names: Vec<_> = attributes.iter().map(|attribute| attribute.name).collect();
    let table: Vec<_> = attributes
        .iter()
        .map(|attribute| {
            let nearness = match attribute.nearness {
                Nearness::Exact => "exact",
                Nearness::Approximate => "approximate",
            };
            format!("{} is the label {} ({nearness})", attribute.name, attribute.label)
        })
        .collect();
    let json_body = |schema: Value| json!({ "content": { "application/json": { "schema": schema } } });
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let answers = |schema: &str| {
        let mut ok = json_body(reference(schema));
        ok["description"] = "The answer".into();
        let mut refused = json_body(reference("Error"));
        refused["description"] = "Why there is none".into();
        json!({ "200": ok, "default": refused })
    };
    let post = |summary: &str, request: &str, response: &str| json!({ "post": { "summary": summary, "requestBody": json_body(reference(request)), "responses": answers(response) } });
    let get = |summary: &str, kind: &str| json!({ "get": { "summary": summary, "responses": { "200": { "description": summary, "content": { kind: {} } } } } });
    let comment = json!({ "type": "object", "required": ["text"], "properties": {
        "text": { "type": "string", "description": "At most 20,480 bytes" },
        "type": { "enum": ["PLAIN_TEXT"] },
    } });
    let score = json!({ "type": "object", "properties": { "value": { "type": "number" }, "type": { "const": "PROBABILITY" } } });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Undertone", "version": env!("CARGO_PKG_VERSION"), "description": table.join("; ") },
        "paths": {
            "/v1alpha1/comments:analyze": post("Scores a comment", "AnalyzeCommentRequest", "AnalyzeCommentResponse"),
            "/v1alpha1/comments:suggestscore":
                post("Keeps scores that a moderator suggests", "SuggestCommentScoreRequest", "SuggestCommentScoreResponse"),
            "/$discovery/rest": get("The methods, for Google's clients", "application/json"),
            "/openapi.json": get("This document", "application/json"),
            "/healthz": get("Whether the server answers", "text/plain"),
            "/metrics": get("Counts, for Prometheus", "text/plain"),
        },
        "components": { "schemas": {
            "AnalyzeCommentRequest": { "type": "object", "required": ["comment", "requestedAttributes"], "properties": {
                "comment": comment,
                "requestedAttributes": { "type": "object", "propertyNames": { "enum": names }, "additionalProperties": { "type": "object", "properties": {
                    "scoreType": { "enum": ["PROBABILITY"] }, "scoreThreshold": { "type": "number" },
                } } },
                "spanAnnotations": { "type": "boolean", "description": "Scores of every sentence, and the words that did it" },
                "languages": { "type": "array", "items": { "type": "string" }, "description": "en, or nothing" },
                "clientToken": { "type": "string" },
            } },
            "AnalyzeCommentResponse": { "type": "object", "properties": {
                "attributeScores": { "type": "object", "additionalProperties": { "type": "object", "properties": {
                    "summaryScore": score,
                    "spanScores": { "type": "array", "items": { "type": "object", "properties": {
                        "begin": { "type": "integer", "description": "In UTF-16 units" }, "end": { "type": "integer" }, "score": score,
                    } } },
                } } },
                "languages": { "type": "array", "items": { "type": "string" } },
                "detectedLanguages": { "type": "array", "items": { "type": "string" } },
                "clientToken": { "type": "string" },
                "undertone": { "type": "object", "description": "The model's name and hash, and what the API has no place for" },
            } },
            "SuggestCommentScoreRequest": { "type": "object", "required": ["comment", "attributeScores"], "properties": {
                "comment": comment,
                "attributeScores": { "type": "object", "propertyNames": { "enum": names },
                    "additionalProperties": { "type": "object", "properties": { "summaryScore": score } } },
                "clientToken": { "type": "string" },
            } },
            "SuggestCommentScoreResponse": { "type": "object", "properties": { "clientToken": { "type": "string" } } },
            "Error": { "type": "object", "properties": { "error": { "type": "object", "properties": {
                "code": { "type": "integer" }, "message": { "type": "string" }, "status": { "type": "string" }, "details": { "type": "array" },
            } } } },
        } },
    })
}
