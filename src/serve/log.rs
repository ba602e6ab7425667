//! Lines for whoever runs the server, on standard error. Nothing of a request but its kind is in them: a comment is its writer's, and an address may
//! hold a key.

use std::io::Write;
use std::time::Duration;

/// A request that was answered or refused. `route` is the route's own name, not what was asked for.
pub fn request(id: &str, method: &str, route: &str, status: u16, took: Duration) {
    line(&format!("{method} {route} {status} {} ms id={id}", took.as_millis()));
}

/// Something that is the server's fault.
pub fn fault(what: &str) {
    line(&format!("fault: {what}"));
}

/// Has the program say of a panic only where it was: what it says besides may quote a text.
pub fn panics_by_their_place() {
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => fault(&format!("panic at {place}")),
        None => fault("panic"),
    }));
}

fn line(line: &str) {
    // A log that cannot be written is no reason to answer nobody.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
