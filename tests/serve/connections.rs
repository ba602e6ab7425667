//! Clients that connect and ask slowly, or nothing, or do not take what they asked for.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use undertone::serve::Options;

use crate::support::{analyze, get, options, start};

const INSULT: &str = r#"{"comment":{"text":"You are a complete idiot."},"requestedAttributes":{"TOXICITY":{}}}"#;
const HEAD: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    stream
}

/// Reads until the server closes the connection.
fn until_closed(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        // What came after it had closed is answered by a reset.
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("the connection still stands: {error}"),
        _ => String::from_utf8(all).unwrap(),
    }
}

fn is_closed(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    match stream.peek(&mut [0]) {
        Ok(bytes) => bytes == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

#[test]
fn a_head_that_comes_byte_by_byte_is_not_waited_for() {
    let running = start(Options { timeout: Duration::from_millis(500), ..options() });
    let mut slow = connect(running.address);
    // A byte comes long before the time is up, and the whole would take minutes.
    let head = format!("GET /healthz HTTP/1.1\r\nX-Slow: {}", "x".repeat(3000));
    let sent = head.bytes().take_while(|byte| {
        std::thread::sleep(Duration::from_millis(50));
        slow.write_all(&[*byte]).is_ok()
    });
    let sent = sent.count();
    assert!(sent < head.len(), "the server has waited for all of it");
    assert_eq!(until_closed(slow), "");
    assert_eq!(analyze(running.address, INSULT.as_bytes()).status, 200);
    running.stop();
}

#[test]
fn two_hundred_who_ask_nothing_keep_nobody_from_an_answer_nor_the_server_from_its_end() {
    let patient = options();
    let timeout = patient.timeout;
    let running = start(patient);
    let idle: Vec<TcpStream> = (0..200).map(|_| connect(running.address)).collect();
    let mut half = connect(running.address);
    half.write_all(&HEAD.as_bytes()[..20]).unwrap();
    let mut kept = connect(running.address);
    kept.write_all(HEAD.as_bytes()).unwrap();
    assert_eq!(analyze(running.address, INSULT.as_bytes()).status, 200);
    assert_eq!(idle.iter().filter(|stream| is_closed(stream)).count(), 0, "they are not waited for, but not sent away");
    // Half a head is what the end is waited for; what has been answered, and what has never asked, is not.
    drop(half);
    let asked = Instant::now();
    running.stop();
    assert!(asked.elapsed() < timeout, "{:?}", asked.elapsed());
    assert!(until_closed(kept).contains("200 OK"));
}

#[test]
fn a_kept_connection_on_which_nothing_more_is_asked_is_closed() {
    let running = start(Options { timeout: Duration::from_millis(500), ..options() });
    let mut kept = connect(running.address);
    for _ in 0..2 {
        kept.write_all(HEAD.as_bytes()).unwrap();
        let mut answer = vec![0; 4096];
        let length = kept.read(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    assert_eq!(until_closed(kept), "");
    running.stop();
}

#[test]
fn who_comes_beyond_the_most_connections_waits_until_one_ends() {
    let timeout = Duration::from_secs(2);
    let running = start(Options { timeout, connections: 4, ..options() });
    let begun = Instant::now();
    let _first: Vec<TcpStream> = (0..4).map(|_| connect(running.address)).collect();
    // It is the fifth, and the others ask nothing until their time is up: nobody but the server knows when it closes them, but that is not before.
    assert_eq!(get(running.address, "/healthz").status, 200);
    assert!(begun.elapsed() >= timeout, "there were five at a time");
    running.stop();
}

#[test]
fn an_answer_that_nobody_takes_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "").unwrap();
    // More than the system keeps of a connection: a hole, which takes no room on the disk.
    std::fs::File::create(folder.path().join("large")).unwrap().set_len(1 << 28).unwrap();
    let site = Some(folder.path().to_owned());
    let running = start(Options { timeout: Duration::from_secs(1), connections: 1, site, ..options() });
    let mut greedy = connect(running.address);
    greedy.write_all(HEAD.replace("healthz", "large").as_bytes()).unwrap();
    // It has the only place for as long as it has its answer to take.
    assert_eq!(get(running.address, "/healthz").status, 200);
    let mut taken = 0;
    let mut buffer = vec![0; 1 << 16];
    while let Ok(bytes @ 1..) = greedy.read(&mut buffer) {
        taken += bytes;
    }
    assert!(taken < 1 << 28, "it was waited for");
    running.stop();
}

/// Requests of which bytes are changed, left out or doubled are answered, refused or hung up on, and the next one is answered as ever.
#[test]
fn no_bytes_of_a_request_keep_the_server_from_the_next() {
    let running = start(options());
    let head = format!(
        "POST /v1alpha1/comments:analyze?key=k HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        INSULT.len()
    );
    let whole = [head.as_bytes(), INSULT.as_bytes()].concat();
    let mut random = fastrand::Rng::with_seed(18);
    for turn in 0..400 {
        let mut request = whole.clone();
        for _ in 0..random.usize(1..6) {
            // Half of them in the body, which is more than a library's matter.
            let from = if turn % 2 == 0 { 0 } else { head.len() };
            let place = random.usize(from.min(request.len() - 1)..request.len());
            match random.u8(0..3) {
                0 => request[place] = random.u8(..),
                1 => drop(request.remove(place)),
                _ => request.insert(place, b"\0\r\n\"{}[]:,\\ "[random.usize(0..12)]),
            }
        }
        let mut stream = connect(running.address);
        stream.write_all(&request).unwrap();
        // Nothing more comes, whatever the request has promised.
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).map(|status| status.parse::<u16>());
        assert!(
            matches!(status, None | Some(Ok(200 | 400..=499))),
            "{answer} for {:?}",
            String::from_utf8_lossy(&request)
        );
    }
    assert_eq!(analyze(running.address, INSULT.as_bytes()).status, 200);
    running.stop();
}
