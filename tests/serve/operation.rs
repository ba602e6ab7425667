//! What whoever runs the server needs: limits, counts, a log without texts, an end in good order.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use undertone::serve::Options;

use crate::support::{BUNDLE, analyze, get, options, read, send, shared, start};

const INSULT: &str = r#"{"comment":{"text":"You are a complete idiot."},"requestedAttributes":{"TOXICITY":{}}}"#;

/// Waits until the server counts a text as waiting.
fn wait_until_asked(address: SocketAddr, asking: &JoinHandle<u16>) {
    while !get(address, "/metrics").body.contains("undertone_requests_waiting 1\n") {
        assert!(!asking.is_finished(), "the request has its answer before anybody saw it wait");
    }
}

#[test]
fn sixty_four_clients_at_once_have_their_own_answers() {
    let address = shared();
    let texts: Vec<String> = (0..64)
        .map(|client| {
            format!("Client {client} says {}", if client % 2 == 0 { "you are an idiot" } else { "have a nice day" })
        })
        .collect();
    let ask = |text: &str| {
        analyze(
            address,
            json!({ "comment": { "text": text }, "requestedAttributes": { "TOXICITY": {} } }).to_string().as_bytes(),
        )
    };
    let value = |body: &Value| body["attributeScores"]["TOXICITY"]["summaryScore"]["value"].as_f64().unwrap();
    let together: Vec<f64> = std::thread::scope(|scope| {
        let clients: Vec<_> = texts.iter().map(|text| scope.spawn(|| value(&ask(text).json()))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    for (text, together) in texts.iter().zip(together) {
        assert!((value(&ask(text).json()) - together).abs() < 1e-6, "{text}");
    }
}

#[test]
fn who_comes_too_many_is_told_at_once() {
    let running = start(Options { permits: 1, ..options() });
    let address = running.address;
    // A text of many sentences takes the only permit for a while.
    let long = json!({ "comment": { "text": "You are an idiot, my friend. ".repeat(600) }, "requestedAttributes": { "TOXICITY": {} }, "spanAnnotations": true });
    let asking = std::thread::spawn(move || analyze(address, long.to_string().as_bytes()).status);
    wait_until_asked(address, &asking);
    let refused = analyze(address, INSULT.as_bytes());
    let error = refused.json()["error"].clone();
    assert_eq!((refused.status, &error["status"]), (429, &json!("RESOURCE_EXHAUSTED")), "{error}");
    assert!(refused.head.contains("retry-after: 1") && error["details"][0].is_object(), "{}", refused.head);
    assert_eq!(asking.join().unwrap(), 200);
    assert_eq!(analyze(address, INSULT.as_bytes()).status, 200, "the permit is back");
    running.stop();
}

#[test]
fn who_sends_too_slowly_is_told_so() {
    let running = start(Options { timeout: Duration::from_millis(300), ..options() });
    let mut slow = TcpStream::connect(running.address).unwrap();
    write!(
        slow,
        "POST /v1alpha1/comments:analyze HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n{{"
    )
    .unwrap();
    let late = read(slow);
    assert_eq!((late.status, late.json()["error"]["status"].clone()), (504, json!("DEADLINE_EXCEEDED")));
    running.stop();
}

#[test]
fn what_was_asked_before_the_end_is_answered() {
    let running = start(options());
    let address = running.address;
    let asking = std::thread::spawn(move || {
        let long = json!({ "comment": { "text": "You are an idiot, my friend. ".repeat(600) }, "requestedAttributes": { "TOXICITY": {} } });
        analyze(address, long.to_string().as_bytes()).status
    });
    wait_until_asked(address, &asking);
    running.stop();
    assert_eq!(asking.join().unwrap(), 200);
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn nobody_holds_up_the_end_for_ever() {
    let running = start(Options { timeout: Duration::from_millis(300), ..options() });
    let mut slow = TcpStream::connect(running.address).unwrap();
    write!(slow, "POST /v1alpha1/comments:analyze HTTP/1.1\r\nHost: x").unwrap();
    // Half a head is a connection that may still ask.
    assert_eq!(get(running.address, "/healthz").status, 200);
    running.stop();
}

#[test]
fn every_route_is_described_and_answers() {
    let document = get(shared(), "/openapi.json").json();
    let paths: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let source = include_str!("../../src/serve/routes.rs");
    let routes: BTreeSet<String> =
        source.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let spelt_otherwise = "/%24discovery/rest".to_owned();
    assert_eq!(paths, routes.into_iter().filter(|route| *route != spelt_otherwise).collect());
    for path in &paths {
        let method = document["paths"][path].as_object().unwrap().keys().next().unwrap().to_uppercase();
        let status = send(shared(), &format!("{method} {path} HTTP/1.1"), b"{}").status;
        // The shared server keeps no suggestions.
        let expected = if method == "GET" {
            200
        } else if path.ends_with("suggestscore") {
            403
        } else {
            400
        };
        assert_eq!(status, expected, "{method} {path}");
    }
    for (head, status) in [
        ("GET /v1alpha1/comments:analyze", 405),
        ("GET /", 404),
        ("POST /v1alpha1/comments:delete", 404),
        ("GET /../Cargo.toml", 404),
    ] {
        let answer = send(shared(), &format!("{head} HTTP/1.1"), b"");
        assert_eq!(answer.status, status, "{head}");
        assert!(answer.json()["error"]["details"][0].is_object());
    }
}

#[test]
fn other_sites_pages_may_ask() {
    let preflight = send(
        shared(),
        "OPTIONS /v1alpha1/comments:analyze HTTP/1.1\r\nOrigin: https://blog.example\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type",
        b"",
    );
    assert_eq!(preflight.status, 200);
    assert!(
        preflight.head.contains("access-control-allow-origin: *")
            && preflight.head.contains("access-control-allow-headers"),
        "{}",
        preflight.head
    );
    let answer =
        send(shared(), "POST /v1alpha1/comments:analyze HTTP/1.1\r\nOrigin: https://blog.example", INSULT.as_bytes());
    assert!(answer.status == 200 && answer.head.contains("access-control-allow-origin: *"), "{}", answer.head);
}

#[test]
fn requests_are_counted_and_named() {
    let running = start(options());
    let named = send(
        running.address,
        "POST /v1alpha1/comments:analyze HTTP/1.1\r\nX-Request-Id: from-outside.1",
        INSULT.as_bytes(),
    );
    assert!(named.head.contains("x-request-id: from-outside.1"), "{}", named.head);
    let strange = send(running.address, "GET /healthz HTTP/1.1\r\nX-Request-Id: two words; and more", b"");
    assert!(strange.head.contains("x-request-id: ") && !strange.head.contains("two words"), "{}", strange.head);
    assert_eq!(analyze(running.address, b"{}").status, 400);
    let counts = get(running.address, "/metrics").body;
    for line in [
        "undertone_requests_total{route=\"analyze\",status=\"200\"} 1",
        "undertone_requests_total{route=\"analyze\",status=\"400\"} 1",
        "undertone_requests_total{route=\"healthz\",status=\"200\"} 1",
        "undertone_request_duration_seconds_count{route=\"analyze\"} 2",
        "undertone_request_duration_seconds_bucket{route=\"analyze\",le=\"+Inf\"} 2",
        "undertone_texts_total 1",
        "undertone_batches_total 1",
        "undertone_requests_waiting 0",
    ] {
        assert!(counts.lines().any(|found| found == line), "{line} is not in\n{counts}");
    }
    running.stop();
}

#[test]
fn the_log_has_no_texts_and_no_keys() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<p>the page</p>").unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .args(["serve", "--bundle", BUNDLE, "--listen", "127.0.0.1:0", "--site"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut output = std::io::BufReader::new(server.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut output, &mut said).unwrap();
    let address = said.split("http://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let text =
        r#"{"comment":{"text":"xyzzy is my secret"},"requestedAttributes":{"TOXICITY":{}},"clientToken":"xyzzy"}"#;
    assert_eq!(
        send(address, "POST /v1alpha1/comments:analyze?key=xyzzy HTTP/1.1\r\nX-Other: xyzzy", text.as_bytes()).status,
        200
    );
    assert_eq!(analyze(address, b"{\"xyzzy").status, 400);
    assert_eq!(get(address, "/xyzzy?xyzzy").status, 404);
    assert_eq!(get(address, "/").body, "<p>the page</p>");
    // As systemd ends it.
    assert!(Command::new("kill").arg(server.id().to_string()).status().unwrap().success());
    let ended = server.wait_with_output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{log}");
    assert!(
        log.contains("POST analyze 200 ") && log.contains("POST analyze 400 ") && log.contains("GET other 404 "),
        "{log}"
    );
    assert!(!log.contains("xyzzy"), "{log}");
}

#[test]
fn what_cannot_serve_is_said() {
    let said = |options: Options| undertone::serve::Server::new(options).err().unwrap().to_string();
    assert!(said(Options { bundle: "tests".into(), ..options() }).contains("manifest.json"));
    assert!(said(Options { site: Some("tests".into()), ..options() }).contains("has no index.html"));
    assert!(said(Options { listen: shared(), ..options() }).contains("cannot be listened at"));
    assert!(
        said(Options { suggestions: Some("no/such/folder/file".into()), ..options() }).contains("no/such/folder/file")
    );
}
