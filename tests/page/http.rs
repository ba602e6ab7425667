//! As much HTTP as the tests need: requests to drivers of browsers, and answers from a static host.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::TcpStream;

/// A request's or an answer's first line and body.
pub struct Message {
    pub first_line: String,
    pub body: Vec<u8>,
}

/// Reads one message.
pub fn read(stream: &TcpStream) -> Result<Message> {
    let mut reader = BufReader::new(stream);
    let mut first_line = String::new();
    reader.read_line(&mut first_line)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Message { first_line: first_line.trim_end().to_owned(), body })
}

/// Writes one message, after which the connection is closed.
pub fn write(stream: &TcpStream, first_line: &str, headers: &str, body: &[u8]) -> Result<()> {
    write_some(stream, first_line, headers, body, body.len())
}

/// Writes a share of a message's body as if all of it were to come, after which the connection is closed.
pub fn write_share(stream: &TcpStream, first_line: &str, headers: &str, body: &[u8], share: f64) -> Result<()> {
    write_some(stream, first_line, headers, body, (body.len() as f64 * share) as usize)
}

fn write_some(mut stream: &TcpStream, first_line: &str, headers: &str, body: &[u8], written: usize) -> Result<()> {
    let length = body.len();
    write!(stream, "{first_line}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(&body[..written])?;
    stream.flush()
}
