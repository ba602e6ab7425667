use std::fs;
use std::path::Path;

use ts_rs::{Config, TS};

use super::*;
use crate::bert::Unit;
use crate::bundle::{Calibration, CalibrationRecord, TaskMetrics, Windows};

/// The protocol's types for the scripts, all that there are.
fn declarations() -> String {
    // JavaScript's numbers count as far as these do.
    let config = Config::new().with_large_int("number");
    macro_rules! declarations {
        ($($name:ty),* $(,)?) => {
            [$({
                let about = <$name>::docs().unwrap_or_default();
                format!("{}\nexport {}\n", about.trim_end(), <$name>::decl(&config))
            }),*]
        };
    }
    let declarations = declarations![
        Request,
        Load,
        Response,
        Failure,
        FailureKind,
        Model,
        Example,
        Answer,
        LabelWords,
        Word,
        WordEffect,
        Explanation,
        Status,
        Update,
        Task,
        HeadKind,
        Windows,
        Display,
        Scale,
        Label,
        Calibration,
        CalibrationRecord,
        TaskMetrics,
        Unit,
        Classification,
        TaskScores,
        LabelScore,
        Scores,
        Thresholds,
        Reason,
    ];
    format!(
        "// Written from src/protocol.rs by its test, which fails where the two differ.\n\n{}",
        declarations.join("\n")
    )
}

#[test]
fn scripts_know_the_same_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/protocol.d.ts");
    let (written, declared) = (fs::read_to_string(&path).unwrap_or_default(), declarations());
    if written != declared {
        fs::write(&path, declared).expect("the file can be written");
        panic!(
            "{} did not say what src/protocol.rs says, and has been written anew: see what it does to the scripts",
            path.display()
        );
    }
}

#[test]
fn messages_arrive_as_they_were_sent() {
    let text = "\"quoted\"\n\u{1F642}\u{2028}".to_owned();
    let request = Request::Classify {
        sequence: u64::MAX >> 11,
        text,
        words: true,
        precise: true,
        thresholds: Thresholds::default(),
    };
    let travelled: Request = serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
    assert_eq!(travelled, request);
    let scores = TaskScores {
        task: "sentiment".into(),
        kind: HeadKind::Labels,
        withheld: false,
        labels: vec![LabelScore { label: "positive".into(), probability: 0.123_456_79, threshold: 0.5 }],
    };
    let classification =
        Classification { tokens: 8, truncated: true, reason: None, tasks: vec![scores], words: Vec::new() };
    let response = Response::Answer(Answer {
        sequence: 7,
        milliseconds: 12.3,
        is_precise: false,
        classification,
        words: Vec::new(),
    });
    let travelled: Response = serde_json::from_str(&serde_json::to_string(&response).unwrap()).unwrap();
    assert_eq!(travelled, response);
}
