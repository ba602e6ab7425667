//! The document by which Google's clients find the methods of an API (<https://developers.google.com/discovery>), with this server's own address in it.

use serde_json::{Value, json};

/// The document for a server at `root`, an address without a slash at its end.
pub fn document(root: &str) -> Value {
    let method = |name: &str, request: &str, response: &str| {
        let path = format!("v1alpha1/comments:{name}");
        json!({
            "id": format!("commentanalyzer.comments.{name}"),
            "httpMethod": "POST",
            "path": path,
            "flatPath": path,
            "parameters": {},
            "parameterOrder": [],
            "request": { "$ref": request },
            "response": { "$ref": response },
        })
    };
    let string = |place: &str| json!({ "type": "string", "location": place });
    let object = |id: &str| json!({ "id": id, "type": "object", "properties": {} });
    let names = [
        "AnalyzeCommentRequest",
        "AnalyzeCommentResponse",
        "SuggestCommentScoreRequest",
        "SuggestCommentScoreResponse",
    ];
    let schemas: serde_json::Map<_, _> = names.iter().map(|name| ((*name).to_owned(), object(name))).collect();
    json!({
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "title": "Perspective Comment Analyzer API, by Undertone",
        "protocol": "rest",
        "rootUrl": format!("{root}/"),
        "servicePath": "",
        "baseUrl": format!("{root}/"),
        "basePath": "",
        "batchPath": "batch",
        "parameters": {
            "key": string("query"),
            "alt": { "type": "string", "location": "query", "default": "json", "enum": ["json"] },
            "$.xgafv": string("query"),
        },
        "schemas": schemas,
        "resources": { "comments": { "methods": {
            "analyze": method("analyze", names[0], names[1]),
            "suggestscore": method("suggestscore", names[2], names[3]),
        } } },
    })
}
