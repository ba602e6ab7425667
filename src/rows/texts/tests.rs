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
