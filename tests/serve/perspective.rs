//! Requests, answers and refusals to the letter of the Perspective API.

use serde_json::{Value, json};

use crate::support::{Answer, analyze, get, options, send, shared, start};

fn ask(request: Value) -> Answer {
    analyze(shared(), request.to_string().as_bytes())
}

fn answered(request: Value) -> Value {
    let answer = ask(request);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// The refusal of a request: its message, the error's type, and all of it.
fn refused(body: &[u8]) -> (String, String, Value) {
    let answer = analyze(shared(), body);
    let error = answer.json()["error"].clone();
    assert_eq!(
        (answer.status, &error["code"], &error["status"]),
        (400, &json!(400), &json!("INVALID_ARGUMENT")),
        "{error}"
    );
    let detail = &error["details"][0];
    assert_eq!(detail["@type"], "type.googleapis.com/google.commentanalyzer.v1alpha1.Error");
    (error["message"].as_str().unwrap().to_owned(), detail["errorType"].as_str().unwrap().to_owned(), error)
}

fn toxicity(text: &str) -> Value {
    json!({ "comment": { "text": text }, "requestedAttributes": { "TOXICITY": {} } })
}

fn summary(answer: &Value, attribute: &str) -> f64 {
    let score = &answer["attributeScores"][attribute]["summaryScore"];
    assert_eq!(score["type"], "PROBABILITY", "{answer}");
    score["value"].as_f64().unwrap()
}

#[test]
fn a_comment_has_the_scores_that_are_asked_for() {
    let all = ["TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT"];
    let asked = |text: &str| {
        let attributes: serde_json::Map<_, _> = all.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        answered(
            json!({ "comment": { "text": text, "type": "PLAIN_TEXT" }, "requestedAttributes": attributes, "doNotStore": true,
            "languages": ["en"], "clientToken": "forty-two", "sessionId": "s", "communityId": "c",
            "context": { "entries": [{ "text": "what came before" }] } }),
        )
    };
    let (rude, kind) = (asked("You are a complete idiot."), asked("Thank you, this was very helpful."));
    assert!(summary(&rude, "TOXICITY") > 0.7 && summary(&kind, "TOXICITY") < 0.2, "{rude} {kind}");
    assert!(summary(&rude, "INSULT") > 0.5 && summary(&rude, "THREAT") < 0.3, "{rude}");
    assert_eq!(rude["attributeScores"].as_object().unwrap().len(), all.len());
    assert_eq!((&rude["languages"], &rude["detectedLanguages"]), (&json!(["en"]), &json!(["en"])));
    assert_eq!(rude["clientToken"], "forty-two");
    // Without annotations there is one span, which is the whole.
    let spans = rude["attributeScores"]["TOXICITY"]["spanScores"].as_array().unwrap();
    assert_eq!((spans.len(), &spans[0]["begin"], &spans[0]["end"]), (1, &json!(0), &json!(25)));
    assert_eq!(spans[0]["score"]["value"], rude["attributeScores"]["TOXICITY"]["summaryScore"]["value"]);
}

#[test]
fn every_answer_names_the_model() {
    let answer = ask(toxicity("hello there"));
    let manifest = std::fs::read(format!("{}/manifest.json", crate::support::BUNDLE)).unwrap();
    let hash = format!("{:x}", <sha2::Sha256 as sha2::Digest>::digest(manifest));
    let body = answer.json();
    assert_eq!((&body["undertone"]["model"], &body["undertone"]["sha256"]), (&json!("undertone"), &json!(hash)));
    assert!(answer.head.contains(&format!("x-undertone-model: undertone sha256:{hash}")), "{}", answer.head);
    assert!(answer.head.contains("content-type: application/json"));
}

#[test]
fn spans_are_sentences_in_utf16_units() {
    let text = "😂 What a lovely day. You are a fucking idiot! Good bye.";
    let mut request = toxicity(text);
    request["spanAnnotations"] = json!(true);
    let answer = answered(request);
    let units: Vec<u16> = text.encode_utf16().collect();
    let at = |span: &Value| {
        let place = |name: &str| span[name].as_u64().unwrap() as usize;
        String::from_utf16(&units[place("begin")..place("end")]).unwrap()
    };
    let spans = answer["attributeScores"]["TOXICITY"]["spanScores"].as_array().unwrap();
    let texts: Vec<String> = spans.iter().map(at).collect();
    assert_eq!(texts.last().unwrap(), "Good bye.");
    let value = |span: &Value| span["score"]["value"].as_f64().unwrap();
    let worst = spans.iter().max_by(|a, b| value(a).total_cmp(&value(b))).unwrap();
    assert_eq!(at(worst), "You are a fucking idiot!");
    assert!(value(worst) > 0.5 && value(&spans[0]) < 0.3 && value(spans.last().unwrap()) < 0.3, "{answer}");
    // The words are beside the API's fields.
    let words = answer["undertone"]["wordSpans"]["TOXICITY"].as_array().unwrap();
    assert!(words.iter().any(|word| at(word).contains("idiot")), "{answer}");
}

#[test]
fn scores_below_the_wanted_one_are_left_out() {
    let mut request = toxicity("Thank you, this was very helpful.");
    request["requestedAttributes"] =
        json!({ "TOXICITY": { "scoreThreshold": 0.9 }, "INSULT": { "scoreThreshold": 0.0 } });
    let scores = answered(request)["attributeScores"].clone();
    assert_eq!(scores.as_object().unwrap().keys().collect::<Vec<_>>(), ["INSULT"]);
    request = toxicity("Nice. You are a complete idiot.");
    request["requestedAttributes"] = json!({ "TOXICITY": { "scoreType": "PROBABILITY", "scoreThreshold": 0.5 } });
    request["spanAnnotations"] = json!(true);
    let spans = answered(request)["attributeScores"]["TOXICITY"]["spanScores"].clone();
    assert_eq!(spans.as_array().unwrap().len(), 1, "{spans}");
}

#[test]
fn what_clients_leave_out_is_nothing() {
    let request = json!({ "comment": { "text": "hello", "type": null }, "requestedAttributes": { "TOXICITY": null }, "languages": null,
        "spanAnnotations": null, "clientToken": null, "context": null, "futureField": 1 });
    assert!(answered(request).get("clientToken").is_none());
    let aliases = json!({ "comment": { "text": "hello" }, "requestedAttributes": { "TOXICITY_EXPERIMENTAL": {}, "OBSCENE": {} }, "languages": [] });
    let answer = answered(aliases);
    assert_eq!(
        answer["attributeScores"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["OBSCENE", "TOXICITY_EXPERIMENTAL"]
    );
}

#[test]
fn refusals_are_in_googles_words() {
    let golden: [(Value, &str, &str); 13] = [
        (json!({}), "Comment must be non-empty.", "COMMENT_EMPTY"),
        (toxicity(""), "Comment must be non-empty.", "COMMENT_EMPTY"),
        (toxicity(" \n\t"), "Comment must be non-empty.", "COMMENT_EMPTY"),
        (toxicity(&"a".repeat(20_481)), "Comment text too long.", "COMMENT_TOO_LONG"),
        (toxicity(&"é".repeat(10_241)), "Comment text too long.", "COMMENT_TOO_LONG"),
        (json!({ "comment": { "text": "hi" } }), "Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES"),
        (
            json!({ "comment": { "text": "hi" }, "requestedAttributes": {} }),
            "Missing requested_attributes",
            "NO_REQUESTED_ATTRIBUTES",
        ),
        (
            json!({ "comment": { "text": "hi" }, "requestedAttributes": { "FLIRTATION": {}, "TOXICITY": {} } }),
            "Unknown requested attribute: FLIRTATION",
            "INVALID_REQUEST",
        ),
        (
            json!({ "comment": { "text": "hi" }, "requestedAttributes": { "toxicity": {} } }),
            "Unknown requested attribute: toxicity",
            "INVALID_REQUEST",
        ),
        (
            json!({ "comment": { "text": "hi" }, "requestedAttributes": { "TOXICITY": { "scoreType": "STD_DEV_SCORE" } } }),
            "Requested score type STD_DEV_SCORE is not supported by attribute TOXICITY",
            "INVALID_REQUEST",
        ),
        (
            json!({ "comment": { "text": "hi", "type": "HTML" }, "requestedAttributes": { "TOXICITY": {} } }),
            "Currently, only 'PLAIN_TEXT' comments are supported",
            "INVALID_REQUEST",
        ),
        (
            json!({ "comment": { "text": "hi" }, "requestedAttributes": { "TOXICITY": {} }, "languages": ["ja"] }),
            "Attribute TOXICITY does not support request languages: ja",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        ),
        (
            json!({ "comment": { "text": "hi" }, "requestedAttributes": { "INSULT": {} }, "languages": ["en", "es"] }),
            "Attribute INSULT does not support request languages: en, es",
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        ),
    ];
    for (request, message, kind) in golden {
        let (said, error_type, _) = refused(request.to_string().as_bytes());
        assert_eq!((said.as_str(), error_type.as_str()), (message, kind));
    }
    // PyPerspective's constructor posts nothing at all.
    assert_eq!(refused(b"").1, "COMMENT_EMPTY");
    let (_, _, error) = refused(br#"{"comment":{"text":"hi"},"requestedAttributes":{"THREAT":{}},"languages":["fr"]}"#);
    let language = &error["details"][0]["languageNotSupportedByAttributeError"];
    assert_eq!(*language, json!({ "detectedLanguages": [], "requestedLanguages": ["fr"], "attribute": "THREAT" }));
}

#[test]
fn what_is_no_request_is_said() {
    for body in [
        &b"{"[..],
        b"[]",
        b"\"text\"",
        b"{\"comment\": \"text\"}",
        b"{\"comment\": {\"text\": 5}}",
        b"{\"comment\":{\"text\":\"\xff\"},\"requestedAttributes\":{\"TOXICITY\":{}}}",
        br#"{"comment":{"text":"a"},"requestedAttributes":["TOXICITY"]}"#,
        br#"{"comment":{"text":"a"},"requestedAttributes":{"TOXICITY":{"scoreThreshold":"high"}}}"#,
        br#"{"comment":{"text":"a"},"comment":{"text":"b"}}"#,
    ] {
        let (message, kind, _) = refused(body);
        assert!(message.starts_with("Invalid JSON payload received. ") && kind == "INVALID_REQUEST", "{message}");
    }
    let huge = format!(
        r#"{{"comment":{{"text":"hi"}},"requestedAttributes":{{"TOXICITY":{{}}}},"sessionId":"{}"}}"#,
        "x".repeat(1 << 20)
    );
    assert_eq!(
        refused(huge.as_bytes()).0,
        "Invalid JSON payload received. Request payload size exceeds the limit: 1048576 bytes."
    );
}

#[test]
fn half_an_emoji_is_a_character_of_one_unit() {
    let body = br#"{"comment":{"text":"you idiot \ud83d end"},"requestedAttributes":{"TOXICITY":{}}}"#;
    let answer = analyze(shared(), body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["attributeScores"]["TOXICITY"]["spanScores"][0]["end"], 15);
    assert_eq!(
        answered(toxicity("NUL \u{0} and \u{feff} and [MASK]"))["attributeScores"]["TOXICITY"]["spanScores"][0]["end"],
        22
    );
}

#[test]
fn short_english_is_never_another_language() {
    for text in [
        "hi",
        "ok",
        "lol",
        "no.",
        "5",
        "😂",
        "brb afk",
        "thx m8",
        "Guten Morgen",
        "Xqzt",
        "https://example.com",
        "La la la",
    ] {
        assert_eq!(ask(toxicity(text)).status, 200, "{text}");
    }
}

#[test]
fn another_language_is_no_score_of_nought() {
    let german = "Der Hund läuft über die Wiese und bellt die Katze an, während der Nachbar seinen Garten gießt und dabei laut ein altes Lied singt.";
    let (message, kind, _) = refused(toxicity(german).to_string().as_bytes());
    assert_eq!((message.as_str(), kind.as_str()), ("Unable to detect language", "LANGUAGE_DETECTION_FAILED"));
    // Who says that it is English gets what he asks for, and so does whoever is insulted in English.
    let mut request = toxicity(german);
    request["languages"] = json!(["en-GB"]);
    let answer = answered(request);
    assert_eq!((&answer["languages"], &answer["detectedLanguages"]), (&json!(["en-GB"]), &json!(["und"])));
    assert!(answer["undertone"]["reason"].is_string(), "{answer}");
    let insulted = answered(toxicity(&format!("{german} You stupid idiot, you fucking moron!")));
    assert!(summary(&insulted, "TOXICITY") > 0.5, "{insulted}");
}

#[test]
fn googles_clients_find_the_methods() {
    for path in ["/$discovery/rest?version=v1alpha1", "/%24discovery/rest?version=v1alpha1&key=k"] {
        let answer = get(shared(), path);
        let document = answer.json();
        assert_eq!(
            (answer.status, &document["name"], &document["version"]),
            (200, &json!("commentanalyzer"), &json!("v1alpha1"))
        );
        assert_eq!(document["rootUrl"], format!("http://{}/", shared()));
        let method = &document["resources"]["comments"]["methods"]["analyze"];
        assert_eq!((&method["httpMethod"], &method["path"]), (&json!("POST"), &json!("v1alpha1/comments:analyze")));
    }
    let strange = send(shared(), "GET /$discovery/rest HTTP/1.0\r\nX-Other: 1", b"");
    assert_eq!(strange.status, 200);
    let running =
        start(undertone::serve::Options { public_url: Some("https://example.com/perspective/".into()), ..options() });
    assert_eq!(get(running.address, "/$discovery/rest").json()["rootUrl"], "https://example.com/perspective/");
    running.stop();
}

#[test]
fn suggested_scores_are_rows_to_learn_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("suggested.jsonl");
    // A line that somebody cut short is a row that is broken, and no other one.
    std::fs::write(&file, "{\"text\": \"cut").unwrap();
    let running = start(undertone::serve::Options { suggestions: Some(file.clone()), ..options() });
    let ask = |head: &str, body: &Value| {
        let head = format!("POST /v1alpha1/comments:suggestscore?key=k HTTP/1.1{head}");
        send(running.address, &head, body.to_string().as_bytes())
    };
    let post = |body: &Value| ask("", body);
    let score = |value: f64| json!({ "summaryScore": { "value": value } });
    let spans = json!({ "spanScores": [{ "begin": 3, "end": 8, "score": { "value": 1 } }] });
    let suggested = json!({ "comment": { "text": "😂 b\n\"b\" c" }, "attributeScores": { "TOXICITY": score(1.0), "PROFANITY": score(0.25), "INSULT": spans },
        "clientToken": "t", "languages": ["en"] });
    let answer = post(&suggested);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json(), json!({ "clientToken": "t", "detectedLanguages": [], "requestedLanguages": ["en"] }));
    assert_eq!(
        post(&json!({ "comment": { "text": "fine" }, "attributeScores": { "TOXICITY": score(0.0) } })).status,
        200
    );
    let span =
        |begin: i64, end: i64| json!({ "spanScores": [{ "begin": begin, "end": end, "score": { "value": 1 } }] });
    for (attributes, why) in [
        (json!({}), "Missing attribute_scores"),
        (json!({ "TOXICITY": score(1.5) }), "is not from 0 to 1"),
        (json!({ "SPAM": score(1.0) }), "Unknown requested attribute: SPAM"),
        (json!({ "TOXICITY": { "spanScores": [] } }), "No attribute has a score"),
        (json!({ "TOXICITY": span(0, 5) }), "is not within the comment"),
        (json!({ "TOXICITY": span(1, 1) }), "is not within the comment"),
        (json!({ "TOXICITY": span(1, 0) }), "is not within the comment"),
        (json!({ "TOXICITY": span(2, 3) }), "begins or ends within a character"),
        (json!({ "PROFANITY": score(1.0), "OBSCENE": score(0.0) }), "two scores of what PROFANITY stands for"),
    ] {
        let refused = post(&json!({ "comment": { "text": "x 😂" }, "attributeScores": attributes }));
        assert!(refused.status == 400 && refused.body.contains(why), "{why}: {}", refused.body);
    }
    let spanish =
        json!({ "comment": { "text": "x" }, "attributeScores": { "TOXICITY": score(1.0) }, "languages": ["es"] });
    assert_eq!(post(&spanish).json()["error"]["details"][0]["errorType"], "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE");
    let page = ask("\r\nOrigin: https://blog.example", &suggested);
    assert_eq!(
        (page.status, page.json()["error"]["status"].clone()),
        (403, json!("PERMISSION_DENIED")),
        "no page writes what is learnt from"
    );
    assert!(!page.head.contains("access-control-allow-origin"), "{}", page.head);
    running.stop();
    let kept = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<Value> = kept.lines().skip(1).map(|row| serde_json::from_str(row).unwrap()).collect();
    let expected = [
        json!({ "text": "b\n\"b\"", "insult": 1.0 }),
        json!({ "text": "😂 b\n\"b\" c", "toxic": 1.0, "obscene": 0.25 }),
        json!({ "text": "fine", "toxic": 0.0 }),
    ];
    assert_eq!(rows.len(), 3, "{kept}");
    assert!(expected.iter().all(|row| rows.contains(row)), "{kept}");
    let unasked = send(shared(), "POST /v1alpha1/comments:suggestscore HTTP/1.1", suggested.to_string().as_bytes());
    assert_eq!((unasked.status, unasked.json()["error"]["status"].clone()), (403, json!("PERMISSION_DENIED")));
}
