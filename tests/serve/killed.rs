//! A server that is killed at any moment has kept whatever it said it has, and starts again on the same file.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::BUNDLE;

/// How often it is killed.
const KILLS: usize = 20;

fn start(suggestions: &Path) -> (Child, SocketAddr) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .args(["serve", "--bundle", BUNDLE, "--listen", "127.0.0.1:0", "--suggestions"])
        .arg(suggestions)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let address = said.split("http://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    (server, address)
}

/// Suggests a score of `text`, and says whether the server has said that it has it.
fn suggest(address: SocketAddr, text: &str) -> std::io::Result<bool> {
    let body =
        json!({ "comment": { "text": text }, "attributeScores": { "TOXICITY": { "summaryScore": { "value": 1.0 } } } });
    let body = body.to_string();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    write!(
        stream,
        "POST /v1alpha1/comments:suggestscore?key=k HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200 "))
}

#[test]
fn a_server_that_is_killed_has_kept_what_it_said_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("suggestions.jsonl");
    let mut random = fastrand::Rng::with_seed(11);
    let mut kept = Vec::new();
    for kill in 0..KILLS {
        let (mut server, address) = start(&path);
        let moment = Duration::from_micros(random.u64(0..30_000));
        let killing = std::thread::spawn(move || {
            std::thread::sleep(moment);
            server.kill().unwrap();
            server.wait().unwrap();
        });
        for number in 0.. {
            let text = format!("suggestion {number} before kill {kill}");
            match suggest(address, &text) {
                Ok(true) => kept.push(text),
                Ok(false) | Err(_) => break,
            }
        }
        killing.join().unwrap();
    }
    assert!(kept.len() > KILLS, "hardly any suggestion came before a kill: {}", kept.len());
    // As the next start leaves it, which ends a line that was cut off.
    let (mut server, address) = start(&path);
    assert!(suggest(address, "the last one").unwrap());
    server.kill().unwrap();
    server.wait().unwrap();
    let rows = std::fs::read_to_string(&path).unwrap();
    let texts: Vec<String> = rows
        .lines()
        .filter_map(|row| Some(serde_json::from_str::<Value>(row).ok()?["text"].as_str()?.to_owned()))
        .collect();
    assert!(kept.iter().all(|text| texts.contains(text)), "{kept:?} but {texts:?}");
    assert_eq!(texts.last().unwrap(), "the last one");
    assert!(rows.lines().count() - texts.len() <= KILLS, "of each kill one row at most is broken");
}
