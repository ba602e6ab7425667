//! A static host for a built site, under a path of its own, as project pages have it; it says what was asked of it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::{fs, io};

use crate::http;

/// Where on the host the site is.
pub const FOLDER: &str = "/some/folder/";

/// What a host does other than to hand out a file as it is.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It answers with this status.
    Status(u16),
    /// It sends the site's page, as hosts do that have a page for every address.
    Page,
    /// It hangs up after this share of a file.
    HangUpAfter(f64),
    /// It adds this header.
    Header(&'static str),
}

/// A running host; dropping it pulls the cable.
pub struct Site {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    faults: Faults,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// By a part of a path what is done for such paths.
type Faults = Arc<Mutex<Vec<(String, Fault)>>>;

impl Site {
    /// Serves the files of `folder`.
    pub fn serve(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let faults = Faults::default();
        let stopping = Arc::<AtomicBool>::default();
        let thread = {
            let (folder, requests, stopping) = (folder.to_owned(), Arc::clone(&requests), Arc::clone(&stopping));
            let faults = Arc::clone(&faults);
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    if stopping.load(Ordering::Relaxed) {
                        return;
                    }
                    let (folder, requests, faults) = (folder.clone(), Arc::clone(&requests), Arc::clone(&faults));
                    // A browser that hangs up halfway is its own business.
                    std::thread::spawn(move || answer(&stream, &folder, &requests, &faults).ok());
                }
            })
        };
        Self { port, requests, faults, stopping, thread: Some(thread) }
    }

    /// From now on `fault` is what happens to requests whose path contains `part`.
    pub fn fail(&self, part: &str, fault: Fault) {
        self.faults.lock().expect("no answering thread panics").push((part.to_owned(), fault));
    }

    /// Everything is handed out as it is again.
    pub fn mend(&self) {
        self.faults.lock().expect("no answering thread panics").clear();
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

fn answer(stream: &TcpStream, folder: &Path, requests: &Mutex<Vec<String>>, faults: &Faults) -> io::Result<()> {
    let request = http::read(stream)?.first_line;
    let asked = request.split(' ').nth(1).unwrap_or_default();
    requests.lock().expect("no answering thread panics").push(asked.to_owned());
    let path = asked.split('?').next().unwrap_or_default();
    let faults = faults.lock().expect("no answering thread panics").clone();
    let fault = faults.iter().find(|(part, _)| path.contains(&part[..])).map(|(_, fault)| *fault);
    let relative = match fault {
        Some(Fault::Status(status)) => return http::write(stream, &format!("HTTP/1.1 {status} No"), "", b"no"),
        Some(Fault::Page) => Some(""),
        _ => path.strip_prefix(FOLDER),
    };
    let Some((name, Ok(content))) = relative.map(|relative| file(folder, relative)) else {
        return http::write(stream, "HTTP/1.1 404 Not Found", "Content-Type: text/plain\r\n", b"not found");
    };
    let headers = format!("Content-Type: {}\r\n", media_type(&name));
    match fault {
        Some(Fault::HangUpAfter(share)) => http::write_share(stream, "HTTP/1.1 200 OK", &headers, &content, share),
        Some(Fault::Header(header)) => {
            http::write(stream, "HTTP/1.1 200 OK", &format!("{headers}{header}\r\n"), &content)
        }
        _ => http::write(stream, "HTTP/1.1 200 OK", &headers, &content),
    }
}

fn file(folder: &Path, relative: &str) -> (PathBuf, io::Result<Vec<u8>>) {
    let name = folder.join(relative);
    let name = if name.is_dir() { name.join("index.html") } else { name };
    let content = fs::read(&name);
    (name, content)
}

fn media_type(name: &Path) -> &'static str {
    match name.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js" | "mjs") => "text/javascript",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}
