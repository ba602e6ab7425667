//! A static host for a built site, under a path of its own, as project pages have it; it says what was asked of it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::{fs, io};

use crate::http;

/// Where on the host the site is.
const FOLDER: &str = "/some/folder/";

/// A running host; dropping it pulls the cable.
pub struct Site {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Serves the files of `folder`.
    pub fn serve(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let stopping = Arc::<AtomicBool>::default();
        let thread = {
            let (folder, requests, stopping) = (folder.to_owned(), Arc::clone(&requests), Arc::clone(&stopping));
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    if stopping.load(Ordering::Relaxed) {
                        return;
                    }
                    let (folder, requests) = (folder.clone(), Arc::clone(&requests));
                    // A browser that hangs up halfway is its own business.
                    std::thread::spawn(move || answer(&stream, &folder, &requests).ok());
                }
            })
        };
        Self { port, requests, stopping, thread: Some(thread) }
    }

    /// The address of the site's page.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}{FOLDER}", self.port)
    }

    /// The paths, with their queries, that were asked for so far and contain `part`.
    pub fn requests(&self, part: &str) -> Vec<String> {
        let requests = self.requests.lock().expect("no answering thread panics");
        requests.iter().filter(|path| path.contains(part)).cloned().collect()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // One last connection wakes the thread, so that it sees the flag.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn answer(stream: &TcpStream, folder: &Path, requests: &Mutex<Vec<String>>) -> io::Result<()> {
    let request = http::read(stream)?.first_line;
    let asked = request.split(' ').nth(1).unwrap_or_default();
    requests.lock().expect("no answering thread panics").push(asked.to_owned());
    let path = asked.split('?').next().unwrap_or_default();
    match path.strip_prefix(FOLDER).map(|relative| file(folder, relative)) {
        Some((name, Ok(content))) => {
            let headers = format!("Content-Type: {}\r\n", media_type(&name));
            http::write(stream, "HTTP/1.1 200 OK", &headers, &content)
        }
        _ => http::write(stream, "HTTP/1.1 404 Not Found", "Content-Type: text/plain\r\n", b"not found"),
    }
}

fn file(folder: &Path, relative: &str) -> (PathBuf, io::Result<Vec<u8>>) {
    let name = folder.join(if relative.is_empty() { "index.html" } else { relative });
    let content = fs::read(&name);
    (name, content)
}

fn media_type(name: &Path) -> &'static str {
    match name.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js" | "mjs") => "text/javascript",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}
