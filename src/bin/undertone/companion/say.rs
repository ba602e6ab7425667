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

/// As `eprintln!`, but that nobody hears it ends nothing.
macro_rules! hint {
    ($($arguments:tt)*) => {
        $crate::companion::say::hint(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

/// Prints on standard error, if that can be written: a run of hours does not end with the terminal that it was started in.
pub fn hint(text: Arguments) {
    let _ = std::io::stderr().write_fmt(text);
}

/// Prints on standard output, or ends the process where that cannot be written.
pub fn print(text: Arguments) {
    match std::io::stdout().write_fmt(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            hint!("error: standard output cannot be written: {error}");
            std::process::exit(1);
        }
        _ => {}
    }
}
