//! `scripts/tools` on machines that have but what a test puts there: what it says, what it asks, and where tools come from.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What the script and the stand-ins are written with.
const COMMANDS: [&str; 10] = ["bash", "awk", "cat", "chmod", "dirname", "env", "mkdir", "mktemp", "rm", "sed"];

/// What a withdrawn version leads to.
const WITHDRAWN: &str =
    "error: failed to select a version for the requirement `roots = \"^1.0.10\"` (locked to 1.0.11)";

/// Puts a Trunk of a version below the folder that comes behind `--root`.
const MAKE_TRUNK: &str = r#"
    while [ "$1" != --root ]; do shift; done
    mkdir -p "$2/bin"
    printf '#!/bin/sh\necho trunk %s\n' "$version" >"$2/bin/trunk"
    chmod +x "$2/bin/trunk"
"#;

/// Puts a browser beside itself.
const MAKE_BROWSER: &str = r#"
    for name in chromium chromedriver; do
        printf '#!/bin/sh\n' >"${0%/*}/$name"
        chmod +x "${0%/*}/$name"
    done
"#;

/// A machine that has [`COMMANDS`], and stand-ins that note how they were called.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().expect("a folder can be made"));
        fs::create_dir(machine.commands()).expect("it can be made");
        for name in COMMANDS {
            symlink(found(name), machine.commands().join(name)).expect("a link can be made");
        }
        // Whoever is not root installs by it.
        machine.with("sudo", r#"exec "$@""#)
    }

    fn commands(&self) -> PathBuf {
        self.0.path().join("commands")
    }

    /// Adds a command that a script in sh stands in for.
    fn with(self, name: &str, script: &str) -> Self {
        let (path, calls) = (self.commands().join(name), self.0.path().join("calls"));
        fs::write(&path, format!("#!/bin/sh\necho {name} \"$@\" >>{}\n{script}\n", calls.display()))
            .expect("it is written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it becomes a command");
        self
    }

    /// A command that sees of this machine alone what is on it.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(env!("CARGO_MANIFEST_DIR"));
        command.env("PATH", self.commands()).env("UNDERTONE_TOOLS", self.0.path().join("tools"));
        command
    }

    /// Runs the script where nobody sits at a terminal.
    fn run(&self, arguments: &str) -> Said {
        let mut command = self.command(&self.commands().join("bash"));
        let command = command.arg("scripts/tools").args(arguments.split(' ')).stdin(Stdio::null());
        Said::of(command.output().expect("bash runs"), self)
    }

    /// Runs the script at a terminal, where somebody types `answer`.
    fn at_terminal(&self, environment: &[(&str, &str)], arguments: &str, answer: &str) -> Said {
        fs::write(self.0.path().join("typed"), answer).expect("it is written");
        let typed = fs::File::open(self.0.path().join("typed")).expect("it was just written");
        let mut command = self.command(&found("script"));
        command.envs(environment.iter().copied()).env("SHELL", "/bin/sh").stdin(typed);
        command.args(["--quiet", "--return", "--command", &format!("bash scripts/tools {arguments}"), "/dev/null"]);
        Said::of(command.output().expect("script, of Debian's bsdutils, runs"), self)
    }
}

/// Where a command is.
fn found(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("there is a PATH");
    let places = std::env::split_paths(&path).map(|folder| folder.join(name));
    places.into_iter().find(|place| place.is_file()).unwrap_or_else(|| panic!("the test needs the command {name}"))
}

/// What came of a run.
struct Said {
    succeeded: bool,
    said: String,
    /// How stand-ins were called, one call a line.
    calls: String,
}

impl Said {
    fn of(output: Output, machine: &Machine) -> Self {
        let said = [output.stdout, output.stderr].concat();
        let calls = fs::read_to_string(machine.0.path().join("calls")).unwrap_or_default();
        Self { succeeded: output.status.success(), said: String::from_utf8_lossy(&said).into_owned(), calls }
    }
}

#[test]
fn a_tool_comes_ready_made_where_there_is_cargo_binstall() {
    let machine =
        Machine::new().with("cargo-binstall", &format!("version=0.21.14\n{MAKE_TRUNK}")).with("cargo", "exit 1");
    let Said { succeeded, said, calls } = machine.run("trunk");
    assert!(succeeded, "{said}");
    assert!(calls.contains("cargo-binstall --no-confirm") && calls.contains("trunk@0.21.14"), "{calls}");
    assert!(!calls.contains("cargo install"), "{calls}");
    // What is there now is not got again.
    let again = machine.run("trunk");
    assert_eq!((again.said.as_str(), again.calls), ("", calls));
}

#[test]
fn a_tool_is_built_where_cargo_binstall_has_none_or_another() {
    for binstall in ["echo 'ERROR no such thing'; exit 1".to_owned(), format!("version=0.20.0\n{MAKE_TRUNK}")] {
        let cargo = format!("version=0.21.14\n{MAKE_TRUNK}");
        let Said { succeeded, said, calls } =
            Machine::new().with("cargo-binstall", &binstall).with("cargo", &cargo).run("trunk");
        assert!(succeeded, "{said}");
        assert!(calls.contains("cargo install trunk --version 0.21.14"), "{calls}");
        assert!(!said.contains("ERROR"), "{said}");
    }
}

#[test]
fn what_takes_long_is_said_and_nothing_of_what_a_second_attempt_mends() {
    let cargo =
        format!("case \"$*\" in *--locked*) echo '{WITHDRAWN}' >&2; exit 101;; esac\nversion=0.21.14\n{MAKE_TRUNK}");
    let machine = Machine::new().with("cargo", &cargo);
    let Said { succeeded, said, calls } = machine.run("trunk");
    assert!(succeeded, "{said}");
    assert_eq!(calls.matches("cargo install").count(), 2, "{calls}");
    assert!(said.contains("building trunk 0.21.14, once: some 10 minutes on two cores"), "{said}");
    assert!(!said.contains("error"), "{said}");

    // At a terminal a line shows where a build is, and is gone at its end.
    let Said { succeeded, said, .. } =
        Machine::new().with("cargo", &format!("echo Compiling serde\n{cargo}")).at_terminal(&[], "trunk", "");
    assert!(succeeded && said.contains("Compiling serde"), "{said}");
    assert!(said.ends_with("\x1b[K"), "{said:?}");
}

#[test]
fn what_no_attempt_mends_is_said() {
    let Said { succeeded, said, .. } =
        Machine::new().with("cargo", &format!("echo '{WITHDRAWN}' >&2; exit 101")).run("trunk");
    assert!(!succeeded);
    assert_eq!(said.matches(WITHDRAWN).count(), 2, "{said}");
    assert!(said.ends_with("trunk 0.21.14 could not be built: the reason is above.\n"), "{said}");
}

#[test]
fn whoever_sits_at_a_terminal_is_asked_before_apt_installs() {
    for answer in ["n\n", "no\n", "what?\n", ""] {
        let Said { succeeded, said, calls } =
            Machine::new().with("apt-get", MAKE_BROWSER).at_terminal(&[], "browser", answer);
        assert!(said.contains("Install chromium chromium-driver with apt? [Y/n]"), "{said}");
        assert!(!succeeded && said.contains("install Chromium (or Chrome)"), "{answer:?}: {said}");
        assert!(!calls.contains("apt-get"), "{answer:?}: {calls}");
    }
    for answer in ["\n", "y\n", "Yes\n"] {
        let Said { succeeded, said, calls } =
            Machine::new().with("apt-get", MAKE_BROWSER).at_terminal(&[], "browser", answer);
        assert!(succeeded && said.contains("[Y/n]"), "{answer:?}: {said}");
        assert!(calls.contains("apt-get install -y"), "{answer:?}: {calls}");
    }
}

/// Puts a Firefox beside itself, and what drives WebKit.
const MAKE_OTHERS: &str = r#"
    for name in firefox-esr WebKitWebDriver Xvfb; do
        printf '#!/bin/sh\n' >"${0%/*}/$name"
        chmod +x "${0%/*}/$name"
    done
"#;

/// Puts a driver of a version below the folder that comes behind `--root`.
const MAKE_GECKODRIVER: &str = r#"
    while [ "$1" != --root ]; do shift; done
    mkdir -p "$2/bin"
    printf '#!/bin/sh\necho geckodriver %s\n' "$version" >"$2/bin/geckodriver"
    chmod +x "$2/bin/geckodriver"
"#;

#[test]
fn the_other_browsers_come_with_apt_and_a_driver_that_is_built() {
    let cargo = format!("version=0.37.1\n{MAKE_GECKODRIVER}");
    let machine = Machine::new().with("apt-get", MAKE_OTHERS).with("cargo", &cargo);
    let Said { succeeded, said, calls } = machine.run("firefox webkit");
    assert!(succeeded, "{said}");
    assert!(calls.contains("firefox-esr\n") && calls.contains("cargo install geckodriver --version 0.37.1"), "{calls}");
    // What is there now is not got again.
    let again = machine.run("firefox webkit");
    assert_eq!((again.said.as_str(), again.calls), ("", calls));

    let machine = Machine::new().with("apt-get", MAKE_OTHERS);
    let Said { succeeded, said, calls } = machine.run("webkit");
    assert!(succeeded, "{said}");
    assert!(calls.contains("webkit2gtk-driver xvfb\n"), "{calls}");
}

#[test]
fn a_firefox_and_a_driver_that_are_there_are_used_as_they_are() {
    for (version, is_used) in [("0.36.0", true), ("0.30.0", false)] {
        let machine = Machine::new().with("firefox", "").with("geckodriver", &format!("echo geckodriver {version}"));
        let Said { succeeded, calls, .. } = machine.with("cargo", "exit 1").run("firefox");
        assert_eq!((succeeded, calls.contains("cargo install")), (is_used, !is_used), "{version}: {calls}");
        assert!(!calls.contains("apt-get"), "{calls}");
    }
}

#[test]
fn whoever_wants_no_other_browser_is_told_how_to_test_without() {
    for (name, question) in
        [("firefox", "Install firefox-esr with apt?"), ("webkit", "Install webkit2gtk-driver xvfb with apt?")]
    {
        let Said { succeeded, said, calls } = Machine::new().with("apt-get", MAKE_OTHERS).at_terminal(&[], name, "n\n");
        assert!(!succeeded && said.contains(question) && said.contains(&format!("make e2e WITHOUT={name}")), "{said}");
        assert!(!calls.contains("apt-get"), "{calls}");
    }
}

#[test]
fn nobody_else_is_asked() {
    let machine = || Machine::new().with("apt-get", MAKE_BROWSER);
    let runs = [
        machine().run("browser"),
        machine().at_terminal(&[("CI", "true")], "browser", ""),
        machine().at_terminal(&[], "--yes browser", ""),
    ];
    for Said { succeeded, said, calls } in runs {
        assert!(succeeded && !said.contains("[Y/n]"), "{said}");
        assert!(calls.contains("apt-get install -y"), "{calls}");
    }
}

#[test]
fn lists_of_packages_that_are_too_old_are_got_anew_without_a_word() {
    let apt = format!(
        "case \"$*\" in *update*) : >\"$0.new\"; exit;; esac\n[ -e \"$0.new\" ] || {{ echo 'E: 404' >&2; exit 100; }}\n{MAKE_BROWSER}"
    );
    let Said { succeeded, said, calls } = Machine::new().with("apt-get", &apt).run("browser");
    assert!(succeeded && calls.contains("apt-get update"), "{said}");
    assert!(!said.contains("404"), "{said}");

    let Said { succeeded, said, .. } = Machine::new().with("apt-get", "echo 'E: 404' >&2; exit 100").run("browser");
    assert!(!succeeded && said.contains("E: 404"), "{said}");
}
