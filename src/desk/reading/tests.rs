use super::*;
use crate::desk::guess;
use crate::desk::{Detail, Queue, Scores};

const COMMA: Format = Format::Table { separator: b',' };

/// Reads a file that comes in pieces of this size; with what its rows are to be read from again.
pub fn read_in(
    content: &[u8],
    size: usize,
    format: Format,
    encoding: Encoding,
    column: Option<&str>,
) -> Result<(Rows, Vec<u8>), Fault> {
    let mut reading = Reading::new(format, encoding, column);
    let mut kept = Vec::new();
    let mut is_kept = false;
    let mut keep = |piece: Option<Vec<u8>>| {
        is_kept |= piece.is_some();
        kept.extend(piece.unwrap_or_default());
    };
    for block in content.chunks(size) {
        keep(reading.push(block));
        while reading.read(3)? {}
    }
    keep(reading.end());
    while reading.read(3)? {}
    let rows = reading.finish()?;
    Ok((rows, if is_kept { kept } else { content.to_vec() }))
}

#[test]
fn rows_are_found_again_whatever_the_file_is_encoded_in() {
    let text = "id;Comment\n1;\u{201c}a\u{201d};\n2;\"b\nb\"\n3;x;y\n4;\u{201c}a\u{201d}\n5;c";
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = text
        .chars()
        .map(|letter| match letter {
            '\u{201c}' => 0x93,
            '\u{201d}' => 0x94,
            other => other as u8,
        })
        .collect();
    for content in [text.as_bytes().to_vec(), format!("\u{feff}{text}").into_bytes(), utf16, latin] {
        let encoding = crate::rows::encoding::of(&content);
        for size in [1, 5, content.len()] {
            let (mut rows, bytes) = read_in(&content, size, COMMA, encoding, Some("Comment")).unwrap();
            assert_eq!((rows.index.len(), rows.layout.column.as_str()), (5, "Comment"));
            let texts: Vec<_> = (0..5)
                .map(|row| {
                    let Place { offset, length, .. } = rows.index.place(row).unwrap();
                    let written = &bytes[offset as usize..(offset + length) as usize];
                    rows.index.reason(row).is_none().then(|| rows.again.read(written).unwrap().text.unwrap())
                })
                .collect();
            let a = Some("\u{201c}a\u{201d}".to_owned());
            assert_eq!(texts, [a.clone(), Some("b\nb".into()), None, a, Some("c".into())], "{encoding:?} by {size}");
            assert_eq!(rows.index.broken().map(|(row, _)| row).collect::<Vec<_>>(), [2]);
            assert_eq!((rows.index.place(2).unwrap().line, rows.index.place(4).unwrap().line), (5, 7));
            assert_eq!(rows.index.first(), [0, 1, 2, 0, 4]);
            assert_eq!(rows.index.same(0).collect::<Vec<_>>(), [0, 3]);
            assert_eq!(rows.index.same(3).collect::<Vec<_>>(), [3]);
            assert_eq!(rows.index.same(9).count(), 0);
        }
    }
}

#[test]
fn what_is_no_file_of_rows_says_so() {
    let refused = |content: &[u8]| read_in(content, 64, COMMA, Encoding::Utf8, Some("text")).err().unwrap().reason;
    assert!(refused(b"text\n").contains("there are no rows"));
    assert!(refused(b"").contains("the file is empty"));
    assert!(refused(b"a,b\n1,2\n").contains("there is no column `text`"));
    let many = format!("text\n{}", "a\n".repeat(MOST_ROWS + 1));
    assert!(refused(many.as_bytes()).contains("more than 200000 rows"));
    assert!(read_in(&many.as_bytes()[..many.len() - 2], 1 << 16, COMMA, Encoding::Utf8, Some("text")).is_ok());
}

#[test]
fn the_layout_is_guessed_and_spreadsheets_are_named() {
    let format = |name: &str, beginning: &str| guess::format(name, beginning.as_bytes());
    assert_eq!(format("a.TSV", ""), Ok(Format::Table { separator: b'\t' }));
    assert_eq!(format("dump", "{\"a\": 1}"), Ok(Format::JsonLines));
    assert_eq!(format("dump", "a\tb\n"), Ok(Format::Table { separator: b'\t' }));
    assert_eq!(format("dump", "a;b\n"), Ok(COMMA));
    assert_eq!(format("dump", "a b\n"), Ok(Format::Lines));
    assert!(format("my.xlsx", "PK\x03\x04").unwrap_err().contains("save it as CSV"));
    assert!(format("my.csv", "PK\x03\x04").unwrap_err().contains("unpack"), "whatever it is called");
    let columns = |content: &str, format| {
        let guess = guess::columns(content.as_bytes(), true, format, Encoding::Utf8).unwrap();
        guess.column.map(|column| guess.columns[column].clone())
    };
    assert_eq!(columns("id,Review,comment\n1,x,y\n", COMMA).as_deref(), Some("comment"), "by its name");
    assert_eq!(columns("id;wrote;who\n1;a b c;Ann\n2;d e;Bob B\n", COMMA).as_deref(), Some("wrote"), "by its words");
    assert_eq!(columns("id,n\n1,2\n", COMMA), None);
    assert_eq!(columns("{\"n\": 1}\n{\"said\": \"a b\", \"n\": 2}\n", Format::JsonLines).as_deref(), Some("said"));
    assert_eq!(columns("a b", Format::Lines), None);
    assert!(guess::columns(b"[{}]", true, Format::JsonLines, Encoding::Utf8).is_err());
}

#[test]
fn what_is_seen_is_scored_first_and_every_text_once() {
    let (rows, _) = read_in(b"text\na\nb\na\n\"x\"y\nc\nd\nb\n", 9, COMMA, Encoding::Utf8, None).unwrap();
    let (index, mut scores) = (&rows.index, Scores::new(rows.index.len(), 0));
    scores.set(5, &[], Detail::default());
    let mut queue = Queue::new(index, &scores);
    assert_eq!(queue.take(index, &[6, 4, 3, 99], 2, 100), [1, 4]);
    assert_eq!(queue.take(index, &[6], 1, 100), [0]);
    assert_eq!(queue.take(index, &[], 9, 100), Vec::<u32>::new());
    let mut queue = Queue::new(index, &Scores::new(7, 0));
    assert_eq!(queue.take(index, &[], 9, 2), [0, 1], "as many bytes as there is room for");
    assert_eq!(queue.take(index, &[], 9, 0), [4], "and one row in any case");
    scores.fail(0, "no");
    assert_eq!(Queue::new(index, &scores).take(index, &[], 9, 100), [1, 4]);
}
