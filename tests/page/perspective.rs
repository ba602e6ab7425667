//! The engine in a browser answers the Perspective API's requests as the server does.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use undertone::bert::Rounding;
use undertone::serve::{Options, Server};

use crate::browser::Browser;
use crate::http;
use crate::site::Site;
use crate::support::{SCATHING, THREAT, dist, models};

/// How far scores may be apart: natively and in a browser sums are added up in other orders.
const TOLERANCE: f64 = 0.0005;

/// Requests that differ in what the API has words for.
fn requests() -> Vec<Value> {
    let asked = |text: &str, more: Value| {
        let mut request =
            json!({ "comment": { "text": text }, "requestedAttributes": { "TOXICITY": {}, "THREAT": {} } });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    vec![
        asked(THREAT, json!({})),
        asked(
            "😂 What a lovely day. You are an idiot! Good bye.",
            json!({ "spanAnnotations": true, "clientToken": "42" }),
        ),
        asked(
            SCATHING,
            json!({ "languages": ["en"], "requestedAttributes": { "PROFANITY": {}, "INSULT_EXPERIMENTAL": { "scoreThreshold": 0.99 } } }),
        ),
        asked("half \u{fffd} an emoji", json!({ "languages": ["en-GB"] })),
        asked(&"No. ".repeat(66), json!({ "spanAnnotations": true })),
        asked("bonjour", json!({ "languages": ["fr"] })),
        asked(&"x".repeat(20_481), json!({})),
        asked(" ", json!({})),
        asked("a", json!({ "requestedAttributes": {} })),
        asked("a", json!({ "requestedAttributes": { "SPAM": {} } })),
        asked("a", json!({ "requestedAttributes": { "TOXICITY": { "scoreType": "RANKING" } } })),
        asked("a", json!({ "comment": { "text": "a", "type": "HTML" } })),
        asked("a", json!({ "requestedAttributes": 5 })),
        json!({}),
        json!([1]),
    ]
}

/// What the server answers: code and body.
fn natively(requests: &[Value]) -> Vec<(u64, Value)> {
    let options = Options {
        bundle: models(&dist()),
        pin: None,
        listen: "127.0.0.1:0".parse().unwrap(),
        public_url: None,
        site: None,
        suggestions: None,
        permits: 256,
        connections: 512,
        rounding: Rounding::Wide,
        timeout: Duration::from_secs(600),
    };
    let server = Server::new(options).expect("the server starts");
    let address = server.address().expect("the server listens");
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || server.run(async { stopped.await.unwrap_or_default() }));
    let ask = |request: &Value| {
        let stream = std::net::TcpStream::connect(address).expect("the server can be reached");
        let line = "POST /v1alpha1/comments:analyze?key=k HTTP/1.1";
        http::write(&stream, line, &format!("Host: {address}\r\n"), request.to_string().as_bytes())
            .expect("it can be sent");
        let http::Message { first_line, body } = http::read(&stream).expect("it is answered");
        let code = first_line.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("the answer has a code");
        (code, serde_json::from_slice(&body).expect("the answer is JSON"))
    };
    let answers = requests.iter().map(ask).collect();
    stop.send(()).expect("the server still runs");
    thread.join().expect("the server does not panic");
    answers
}

/// Fails unless both are the same but for the last digits of their numbers.
fn assert_same(native: &Value, other: &Value, place: &str) {
    match (native, other) {
        (Value::Number(left), Value::Number(right)) => {
            let difference = left.as_f64().unwrap() - right.as_f64().unwrap();
            assert!(difference.abs() < TOLERANCE, "{place}: {left}, in the browser {right}");
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            left.iter()
                .zip(right)
                .enumerate()
                .for_each(|(index, (left, right))| assert_same(left, right, &format!("{place}[{index}]")));
        }
        (Value::Object(left), Value::Object(right)) => {
            assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>(), "{place}");
            left.iter().for_each(|(key, value)| assert_same(value, &right[key], &format!("{place}.{key}")));
        }
        _ => assert_eq!(native, other, "{place}"),
    }
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn the_engine_answers_what_the_server_answers() {
    let (site, browser) = (Site::serve(&dist()), Browser::start());
    browser.open(&format!("{}bench.html", site.address()));
    let requests = requests();
    browser.run(&format!(
        "import('{}undertone.js').then(async ({{ Engine }}) => {{
           const engine = new Engine();
           const answers = [];
           for (const request of {}) answers.push(await engine.analyze(request));
           window.answers = answers;
         }}).catch((reason) => window.answers = String(reason));",
        site.address(),
        Value::from(requests.clone())
    ));
    let answers = browser.wait("the answers", "return window.answers");
    let natively = natively(&requests);
    let answers = answers.as_array().unwrap_or_else(|| panic!("{answers}"));
    assert_eq!((answers.len(), natively.len()), (requests.len(), requests.len()));
    for ((request, (code, native)), answer) in requests.iter().zip(natively).zip(answers) {
        let request: String = request.to_string().chars().take(80).collect();
        assert_eq!(answer["code"], code, "{request}");
        let body = serde_json::from_str(answer["body"].as_str().expect("a JSON")).expect("the body is JSON");
        assert_same(&native, &body, &request);
    }
    assert!(requests.len() > 10);
}
