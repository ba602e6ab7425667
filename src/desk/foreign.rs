//! What a file is that is none of rows, told by how it begins, whatever its name says; and what to do with it.
//!
//! Spreadsheets are named and not read: rows are saved with every byte that they had, and of a spreadsheet's somebody has to choose how dates, numbers
//! and formulas are written as text; and what reads them would be in the page's program, which everybody waits for.

use crate::rows::Format;

/// How a table is had from a spreadsheet.
const SAVE_AS_CSV: &str = "save it as CSV (Excel: Save As, “CSV UTF-8”; LibreOffice: Save As, “Text CSV”, with the character set UTF-8; Google Sheets: \
                           Download, “Comma-separated values”; Numbers: Export To, CSV), and choose that file";

/// A sentence on a file that begins with these bytes, if it is of a kind that has no rows, or none that can be read.
pub fn refusal(name: &str, beginning: &[u8]) -> Option<String> {
    let spreadsheet = || format!("{name} is a spreadsheet: {SAVE_AS_CSV}.");
    let document = || {
        format!(
            "{name} is a document, which has no rows: save it as plain text with one text a line, or put the texts into a spreadsheet's column, and {SAVE_AS_CSV}."
        )
    };
    let archive = || format!("{name} is an archive: unpack it, and choose the file of rows in it.");
    let is = |magic: &[u8]| beginning.starts_with(magic);
    Some(match () {
        () if is(b"PK\x03\x04") => match Zip::of(beginning) {
            Zip::Spreadsheet => spreadsheet(),
            Zip::Document => document(),
            Zip::Bundle => format!(
                "{name} is a model, and not a file of texts: choose it where it says “Use a model of your own”, or drop it beside this field."
            ),
            // Of some only the end of the file would tell.
            Zip::Other if ends(name, &["xlsx", "xlsm", "xlsb", "ods", "numbers"]) => spreadsheet(),
            Zip::Other if ends(name, &["docx", "odt", "pages"]) => document(),
            Zip::Other => archive(),
        },
        () if is(b"\xd0\xcf\x11\xe0") => match () {
            () if has(beginning, &wide("EncryptedPackage")) => {
                format!("{name} is protected by a password: open it, and {SAVE_AS_CSV}.")
            }
            () if has(beginning, &wide("WordDocument")) || ends(name, &["doc"]) => document(),
            () => spreadsheet(),
        },
        () if is(b"%PDF-") => {
            format!(
                "{name} is a PDF, which has pages and no rows: get the table that it was made from, and {SAVE_AS_CSV}."
            )
        }
        () if is(b"{\\rtf") => document(),
        () if [&b"\x1f\x8b"[..], b"7z\xbc\xaf", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"Rar!", b"BZh"]
            .iter()
            .any(|magic| is(magic)) =>
        {
            archive()
        }
        () if is(b"PAR1") || is(b"SQLite format 3\0") => {
            format!(
                "{name} is a database: save the table that is wanted as CSV, with UTF-8 encoding, and choose that file."
            )
        }
        () if [&b"\x89PNG"[..], b"\xff\xd8\xff", b"GIF8"].iter().any(|magic| is(magic)) => {
            format!("{name} is a picture, which has no rows: choose a file of texts.")
        }
        // Of a file whose name says that each line is a text the first may be anything.
        () if matches!(Format::from_name(name), Some(Format::Lines | Format::JsonLines)) => return None,
        // Programs call such a table .xls.
        () => match markup(beginning)? {
            Markup::Spreadsheet => spreadsheet(),
            Markup::Page => {
                format!("{name} is a web page: open it with a spreadsheet program if it is a table, and {SAVE_AS_CSV}.")
            }
        },
    })
}

/// What is in a zip.
enum Zip {
    Spreadsheet,
    Document,
    Bundle,
    Other,
}

impl Zip {
    /// By the names of its first files.
    fn of(beginning: &[u8]) -> Self {
        const HEADER: usize = 30;
        let headers = beginning.windows(4).enumerate().filter(|(_, bytes)| *bytes == b"PK\x03\x04");
        for (at, _) in headers {
            let length = |place: usize| {
                beginning
                    .get(at + place..at + place + 2)
                    .map_or(0, |two| usize::from(two[0]) | usize::from(two[1]) << 8)
            };
            let (start, rest) = (at + HEADER, &beginning[(at + HEADER).min(beginning.len())..]);
            let name = rest.get(..length(26)).unwrap_or_default();
            let content = beginning.get(start + length(26) + length(28)..).unwrap_or_default();
            match name {
                b"mimetype" if content.starts_with(b"application/vnd.oasis.opendocument.spreadsheet") => {
                    return Self::Spreadsheet;
                }
                b"mimetype" => return Self::Document,
                name if name.starts_with(b"xl/") => return Self::Spreadsheet,
                name if name.starts_with(b"word/") || name.starts_with(b"ppt/") => return Self::Document,
                name if name.ends_with(b"model.safetensors") => return Self::Bundle,
                _ => {}
            }
        }
        Self::Other
    }
}

enum Markup {
    Spreadsheet,
    Page,
}

fn markup(beginning: &[u8]) -> Option<Markup> {
    const LOOKED_AT: usize = 4096;
    let first = String::from_utf8_lossy(&beginning[..LOOKED_AT.min(beginning.len())]).to_ascii_lowercase();
    let first = first.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
    match () {
        () if first.starts_with("<?xml") && first.contains("office:spreadsheet") => Some(Markup::Spreadsheet),
        () if ["<?xml", "<!doctype html", "<html"].iter().any(|start| first.starts_with(start)) => Some(Markup::Page),
        () => None,
    }
}

fn ends(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| endings.iter().any(|other| ending.eq_ignore_ascii_case(other)))
}

fn has(beginning: &[u8], wanted: &[u8]) -> bool {
    beginning.windows(wanted.len()).any(|bytes| bytes == wanted)
}

/// A name as old files of Office have it.
fn wide(name: &str) -> Vec<u8> {
    name.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip's beginning: files of these names and contents.
    fn zip(files: &[(&str, &str)]) -> Vec<u8> {
        let file = |(name, content): &(&str, &str)| {
            let mut header = b"PK\x03\x04".to_vec();
            header.resize(26, 0);
            header.extend([name.len() as u8, 0, 0, 0]);
            [&header[..], name.as_bytes(), content.as_bytes()].concat()
        };
        files.iter().flat_map(file).collect()
    }

    #[test]
    fn what_has_no_rows_is_named_by_its_content() {
        let ole = |stream: &str| [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", &[0; 600][..], &wide(stream)].concat();
        let cases: [(&str, Vec<u8>, &str); 16] = [
            ("a.csv", zip(&[("[Content_Types].xml", ""), ("xl/workbook.xml", "")]), "spreadsheet"),
            ("a.xlsx", zip(&[("[Content_Types].xml", ""), ("word/document.xml", "")]), "document"),
            ("a.txt", zip(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")]), "spreadsheet"),
            ("a.ods", zip(&[("mimetype", "application/vnd.oasis.opendocument.text")]), "document"),
            ("a.numbers", zip(&[("Index/Document.iwa", "")]), "spreadsheet"),
            ("a.zip", zip(&[("mail/manifest.json", "{}"), ("mail/model.safetensors", "")]), "model"),
            ("a.zip", zip(&[("comments.csv", "id,text")]), "archive"),
            ("a.csv", ole("Workbook"), "spreadsheet"),
            ("a.csv", ole("WordDocument"), "document"),
            ("a.xlsx", ole("EncryptedPackage"), "protected by a password"),
            ("a.csv", b"%PDF-1.7".to_vec(), "PDF"),
            ("a.csv", b"{\\rtf1".to_vec(), "document"),
            ("a.csv.gz", b"\x1f\x8b\x08".to_vec(), "archive"),
            ("a.xls", b"\xef\xbb\xbf\r\n<html><table>".to_vec(), "web page"),
            (
                "a.xls",
                b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">".to_vec(),
                "spreadsheet",
            ),
            ("a.parquet", b"PAR1".to_vec(), "database"),
        ];
        for (name, beginning, kind) in cases {
            let refused = refusal(name, &beginning).unwrap_or_else(|| panic!("{name}, {kind}: taken"));
            assert!(refused.starts_with(name) && refused.contains(kind), "{refused}");
        }
    }

    #[test]
    fn rows_are_none_of_it_whatever_they_are_called() {
        for (name, beginning) in [
            ("a.xls", &b"id;text\n1;a"[..]),
            ("a.csv", b"PK,text\n1,a"),
            ("a.txt", b"<html> is what I hate"),
            ("a.jsonl", b"{\"text\": \"a\"}"),
            ("a", b""),
            ("a.csv", b"PK"),
        ] {
            assert_eq!(refusal(name, beginning), None, "{name}");
        }
        // Cut anywhere.
        let whole = zip(&[("mimetype", "application/vnd"), ("xl/workbook.xml", "")]);
        for end in 0..whole.len() {
            refusal("a.csv", &whole[..end]);
        }
    }
}
