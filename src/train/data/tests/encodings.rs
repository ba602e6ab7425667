//! Byte order marks, line ends and what is no UTF-8.

use super::*;

#[test]
fn a_mark_and_windows_line_ends_are_no_content() {
    let csv = "\u{feff}text,toxic\r\n\"a\r\nb\",1\r\nc,0\r\n";
    let json = "\u{feff}{\"text\": \"d\", \"toxic\": 1}\r\n\r\n{\"text\": \"e\", \"toxic\": 0}";
    let dataset = read_files(&[("a.csv", csv), ("b.jsonl", json)], &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["a\r\nb", "c", "d", "e"]);
    assert_eq!(targets(&dataset.examples), [[1.0], [0.0], [1.0], [0.0]]);
}

#[test]
fn utf_16_is_read_with_or_without_its_mark() {
    for (name, content) in [
        ("a.csv", "id,text,toxic\n1,ä,0\n"),
        ("a.jsonl", "{\"text\": \"ä\", \"toxic\": 0}"),
        ("a.tsv", "text\ttoxic\nä\t0"),
    ] {
        for mark in ["\u{feff}", ""] {
            let units: Vec<u16> = format!("{mark}{content}").encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            for bytes in [little, big] {
                let folder = folder(&[(name, &bytes)]);
                let dataset = read_one(&folder.path().join(name), &["toxic"], Split::Train).unwrap();
                assert_eq!(texts(&dataset.examples), ["ä"]);
                assert!(
                    dataset.notes[0].ends_with(&format!("{name}: the file is read as UTF-16")),
                    "{:?}",
                    dataset.notes
                );
            }
        }
    }
}

#[test]
fn broken_json_text_is_named() {
    let folder =
        folder(&[("a.jsonl", b"{\"text\": \"\xc3\xa9\", \"toxic\": 0}\n\n{\"text\": \"caf\xe9\", \"toxic\": 0}\n")]);
    let sentence = failure(&folder.path().join("a.jsonl"), &["toxic"], Split::Train);
    assert!(sentence.ends_with("a.jsonl, line 3: this is not UTF-8; save the file with UTF-8 encoding"), "{sentence}");
}
