//! Files of rows.

use undertone::bundle::Task;
use undertone::desk::export::{As, Export};
use undertone::desk::{self, Decision, Detail, Journal, Labels, Layout, Place, Reading, Scores, guess};
use undertone::protocol::Model;
use undertone::rows::encoding::{self, Encoding};
use undertone::rows::texts::{TextRow, Texts};
use undertone::rows::{Column, Format, Rows};

/// A file of rows, of the format that the first byte says.
pub fn rows(data: &[u8]) {
    let Some((&kind, content)) = data.split_first() else { return };
    let format = match kind % 4 {
        0 => Format::Table { separator: b',' },
        1 => Format::Table { separator: b'\t' },
        2 => Format::JsonLines,
        _ => Format::Lines,
    };
    let Ok(mut rows) = Rows::new(content.to_vec(), format, &["text", "toxic"]) else { return };
    let columns: Vec<Column> =
        ["text", "toxic", "weight"].iter().filter_map(|name| rows.column(name).ok().flatten()).collect();
    let (mut line, mut count) = (1, 0);
    while let Some(row) = rows.next_row() {
        count += 1;
        assert!(count <= content.len() + 1, "more rows than bytes");
        match row {
            Ok(row) => {
                assert!(row.line >= line, "line {} after line {line}", row.line);
                line = row.line;
                for cell in columns.iter().filter_map(|column| row.cell(column).ok()) {
                    let _ = (cell.written(), cell.is_missing());
                }
            }
            Err(fault) => assert!(fault.line >= 1 && !fault.reason.is_empty()),
        }
    }
    let _ = rows.notes();
}

/// A file as a page opens it, in blocks of as many bytes as the second byte says and as a whole, and what the page saves of it. The first byte
/// says what it is called.
pub fn sheet(data: &[u8]) {
    let [kind, size, content @ ..] = data else { return };
    let name = ["comments", "comments.csv", "comments.tsv", "comments.jsonl", "comments.txt"][usize::from(*kind) % 5];
    let Ok(format) = guess::format(name, content) else { return };
    let encoding = encoding::of(content);
    let Ok(guess) = guess::columns(content, true, format, encoding) else { return };
    let column = guess.column.map(|column| guess.columns[column].as_str());
    let whole = opened(content, content.len(), format, encoding, column);
    let blocks = opened(content, usize::from(*size), format, encoding, column);
    let (Some((mut rows, text)), Some((blocks, _))) = (whole, blocks) else { return };
    assert_eq!(rows.layout, blocks.layout);
    let places = |rows: &desk::Rows| (0..rows.index.len() as u32).map(|row| rows.index.place(row)).collect::<Vec<_>>();
    assert_eq!(places(&rows), places(&blocks));
    assert_eq!(rows.index.broken().collect::<Vec<_>>(), blocks.index.broken().collect::<Vec<_>>());

    let mut texts = Texts::coming(format, Some(Encoding::Utf8), Some(&rows.layout.column));
    texts.push(&text);
    texts.end();
    let read: Vec<TextRow> =
        std::iter::from_fn(|| texts.next_text()).map(|row| row.expect("it was read before")).collect();
    assert_eq!(read.len(), rows.index.len());
    for (number, row) in (0..).zip(&read) {
        let Place { offset, length, .. } = rows.index.place(number).expect("there is such a row");
        let written = &text[offset as usize..(offset + length) as usize];
        assert_eq!(written, row.written);
        // A row by itself is what it is among others.
        if let Ok(found) = &row.text {
            let again = rows.again.read(written).map(|row| row.text);
            assert_eq!(
                again,
                Ok(Ok(found.clone())),
                "{:?} of {:?}",
                String::from_utf8_lossy(written),
                String::from_utf8_lossy(&text)
            );
        }
    }
    saved(&read, &rows.layout, &guess.columns);
}

/// The rows of a file that comes in blocks, and its bytes in UTF-8.
fn opened(
    content: &[u8],
    size: usize,
    format: Format,
    encoding: Encoding,
    column: Option<&str>,
) -> Option<(desk::Rows, Vec<u8>)> {
    let mut reading = Reading::new(format, encoding, column);
    let mut decoded = Vec::new();
    for block in content.chunks(size.max(1)) {
        decoded.extend(reading.push(block).unwrap_or_else(|| block.to_vec()));
        while reading.read(3).ok()? {}
    }
    decoded.extend(reading.end().unwrap_or_default());
    while reading.read(3).ok()? {}
    Some((reading.finish().ok()?, decoded))
}

/// What is saved of rows has a line for each, with all that was in it.
fn saved(read: &[TextRow], layout: &Layout, names: &[String]) {
    let model = Model {
        name: "tiny".to_owned(),
        licence: "MIT".to_owned(),
        sha256: "ab".to_owned(),
        description: String::new(),
        examples: Vec::new(),
        max_tokens: 20,
        tasks: vec![Task::new("tone", &["good"])],
        documents: Vec::new(),
        build: "baseline".to_owned(),
        is_kept: false,
    };
    let mut scores = Scores::new(read.len(), 1);
    scores.set(0, &[0.75], Detail::default());
    let mut journal = Journal::new(read.len());
    journal.decide(&[0], Some(Decision::Remove), Some("=rude".to_owned()), 0).expect("there is a row");
    let separator = layout.columns.as_ref().map_or(b',', |columns| columns.separator);
    for (kind, format) in [(As::JsonLines, Format::JsonLines), (As::Csv, Format::Table { separator })] {
        let export = Export::new(kind, layout.clone(), names, Labels::of(&model), vec![0.5], ("tiny", "ab"));
        let mut written = export.header();
        for row in read {
            written.extend(export.row(row, &scores, &journal));
        }
        // What is broken stays as it stands, and may break the rows behind it again.
        if kind == As::Csv && read.iter().any(|row| row.text.is_err()) {
            continue;
        }
        let row_number = format!("{}row", export.prefix());
        let mut again = Rows::coming(format, Some(Encoding::Utf8), &[&row_number]);
        again.push(&written);
        again.end();
        let column = again.begin().map(|begun| begun.map(|()| again.column(&row_number)));
        let Some(Ok(Ok(Some(column)))) = column else { panic!("no rows in {:?}", String::from_utf8_lossy(&written)) };
        let mut count = 0;
        while let Some(row) = again.next_row() {
            count += 1;
            let row = row.unwrap_or_else(|fault| panic!("{fault:?} in {:?}", String::from_utf8_lossy(&written)));
            let number = row.cell(&column).ok().and_then(|cell| cell.written()?.parse::<usize>().ok());
            assert_eq!(number, Some(count), "{:?}", String::from_utf8_lossy(&written));
        }
        assert_eq!(count, read.len(), "{:?}", String::from_utf8_lossy(&written));
    }
}
