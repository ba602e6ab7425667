//! What is printed. That nobody reads any more (`| head`) is no reason to stop, and a full disk is.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// As `println!`.
macro_rules! say {
    ($($arguments:tt)*) => {
        $crate::companion::say::print(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

/// As `print!`.
macro_rules! say_on {
    ($($arguments:tt)*) => {
        $crate::companion::say::print(format_args!($($arguments)*))
    };
}

/// Prints on standard output, or ends the process where that cannot be written.
pub fn print(text: Arguments) {
    match std::io::stdout().write_fmt(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("error: standard output cannot be written: {error}");
            std::process::exit(1);
        }
        _ => {}
    }
}
