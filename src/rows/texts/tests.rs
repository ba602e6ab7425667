use super::*;

const COMMA: Format = Format::Table { separator: b',' };

/// A row's number and line, and its text.
type Read = (usize, usize, Result<String, Reason>);

/// Each row's number and line with its text or why there is none, and what ended the file before its end.
fn texts(content: &[u8], format: Format, column: Option<&str>) -> (Vec<Read>, Option<Fault>) {
    let mut texts = Texts::coming(format, None, column);
    texts.push(content);
    texts.end();
    let mut rows = Vec::new();
    while let Some(row) = texts.next_text() {
        match row {
            Ok(row) => rows.push((row.place, row.line, row.text)),
            Err(fault) => return (rows, Some(fault)),
        }
    }
    (rows, None)
}

#[test]
fn the_column_of_the_texts_is_found() {
    for (header, column) in
        [("id,text", None), ("comment,Review", Some("review")), ("x,Comment_Text ", None), ("x,tweet", None)]
    {
        let (rows, fault) = texts(format!("{header}\n1,a b\n").as_bytes(), COMMA, column);
        assert_eq!((rows, fault), (vec![(1, 2, Ok("a b".to_owned()))], None), "{header}");
    }
    let (rows, fault) = texts(b"comment,text\n1,a b\n", COMMA, None);
    assert_eq!((rows, fault), (vec![(1, 2, Ok("a b".to_owned()))], None), "the likelier of two names");
    let (_, fault) = texts(b"a;b\n1;2\n", COMMA, None);
    let reason = fault.unwrap().reason;
    assert!(
        reason.starts_with("no column is called `text`") && reason.ends_with("separated by semicolons, are `a`, `b`"),
        "{reason}"
    );
    let (_, fault) = texts(b"a,text\n1,2\n", COMMA, Some("words"));
    assert_eq!(fault.unwrap().reason, "there is no column `words`; the columns, separated by commas, are `a`, `text`");
    let (_, fault) = texts(b"", COMMA, None);
    assert!(fault.unwrap().reason.starts_with("the file is empty"));
    let (_, fault) = texts(b"{\"a\": 1}\n", Format::JsonLines, None);
    assert!(fault.unwrap().reason.ends_with("the keys are `a`"));
}

#[test]
fn broken_rows_stay_in_their_places() {
    let content = b"text,n\na,1\n\"b\" c,2\nd,3,4\n\xff,5\n,6\nlast,7";
    let (rows, fault) = texts(content, COMMA, None);
    assert_eq!(fault, None);
    let places: Vec<_> = rows.iter().map(|(place, line, text)| (*place, *line, text.as_deref().ok())).collect();
    assert_eq!(
        places,
        [(1, 2, Some("a")), (2, 3, None), (3, 4, None), (4, 5, None), (5, 6, Some("")), (6, 7, Some("last"))]
    );
    let content = b"no\n{\"text\": \"a\"}\n\n{\"text\": 1}\n{\"Text\": null}\n{\"n\": 1}\n{\"text\": \"b\xff\"}\n{\"text\": \"c\"}\n";
    let (rows, fault) = texts(content, Format::JsonLines, None);
    assert_eq!(fault, None);
    let reasons: Vec<_> =
        rows.iter().map(|(place, line, text)| (*place, *line, text.as_deref().map_err(|_| ()))).collect();
    let expected = [
        (1, 1, Err(())),
        (2, 2, Ok("a")),
        (3, 4, Err(())),
        (4, 5, Ok("")),
        (5, 6, Err(())),
        (6, 7, Err(())),
        (7, 8, Ok("c")),
    ];
    assert_eq!(reasons, expected);
    assert_eq!(rows[4].2.as_ref().unwrap_err(), "there is no key `text`; the keys are `n`");
    let (rows, _) = texts(b"a\n\n\xff\n b", Format::Lines, None);
    let places: Vec<_> = rows.iter().map(|(place, line, text)| (*place, *line, text.as_deref().ok())).collect();
    assert_eq!(places, [(1, 1, Some("a")), (2, 2, Some("")), (3, 3, None), (4, 4, Some(" b"))]);
}

#[test]
fn rows_keep_what_they_are_written_with() {
    let mut texts = Texts::coming(COMMA, None, None);
    texts.push(b"text;n\r\n\"a;\r\n\"\"b\"\"\"; 007 \r\n\"x\" y;2\r\n");
    texts.end();
    let row = texts.next_text().unwrap().unwrap();
    assert_eq!(row.written, b"\"a;\r\n\"\"b\"\"\"; 007 ");
    assert_eq!(row.cells, RowCells::Fields(vec![b"a;\r\n\"b\"".to_vec(), b" 007 ".to_vec()]));
    let row = texts.next_text().unwrap().unwrap();
    assert_eq!((row.written, row.cells), (b"\"x\" y;2".to_vec(), RowCells::Broken));
}

/// Every row of a file that could be read is the same when it is read again by where it stands.
#[test]
fn a_row_is_read_again_by_its_bytes() {
    let files: [(&[u8], Format); 5] = [
        (b"sep=;\nid;text\r\n1;\"a;\r\n\"\"b\"\"\"\r\n2\r\n\r\n3;c, d \n\"x\" y;2\n4;\xff\n5;e", COMMA),
        (b"text\tn\n\"Great\", he said\t1\n\"a \\\"b\\\"\"\t2\n\"one\ttwo\n", Format::Table { separator: b'\t' }),
        (b"{\"text\": \"a\"}\n\n {\"n\": NaN, \"text\": \"\\ud83d b\"} \r\nno\n{\"text\": \"c\"}", Format::JsonLines),
        (b"a\n\n b \r\n\xff\nlast", Format::Lines),
        (b"n|\"a\nb\"|text\n1|2|3\n", COMMA),
    ];
    for (content, format) in files {
        // Whatever pieces it comes in.
        for size in [1, 7, content.len()] {
            let mut texts = Texts::coming(format, Some(Encoding::Utf8), Some("text"));
            let (mut read, mut blocks) = (Vec::new(), content.chunks(size));
            loop {
                match texts.next_text() {
                    Some(row) => read.push((texts.offset(), row.unwrap())),
                    None => match blocks.next() {
                        Some(block) => texts.push(block),
                        None if texts.has_ended() => break,
                        None => texts.end(),
                    },
                }
            }
            assert!(!read.is_empty(), "{content:?}");
            let mut again = Again::new(texts.rows(), texts.column().unwrap());
            for (offset, row) in read.iter().rev().filter(|(_, row)| row.text.is_ok()) {
                let written = &content[*offset..offset + row.written.len()];
                assert_eq!(written, row.written);
                let expected = TextRow { place: 0, line: 0, ..row.clone() };
                let read = again.read(written).unwrap_or_else(|reason| panic!("{written:?} of {content:?}: {reason}"));
                assert_eq!(TextRow { place: 0, line: 0, ..read }, expected);
            }
        }
    }
    let mut texts = Texts::coming(COMMA, Some(Encoding::Utf8), None);
    texts.push(b"text\na\n");
    texts.next_text();
    let mut again = Again::new(texts.rows(), texts.column().unwrap());
    assert!(again.read(b"a\nb").unwrap_err().contains("has the file been changed?"));
    assert_eq!(again.read(b"c").unwrap().text.unwrap(), "c", "and is good for the next row");
}
