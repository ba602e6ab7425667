//! Files as programs write them, and as nobody should.

use super::*;

const COMMA: Format = Format::Table { separator: b',' };
const TAB: Format = Format::Table { separator: b'\t' };

/// Rows, each with its line and its cells, and what was noted.
type Read = (Vec<(usize, Vec<String>)>, Vec<String>);

/// The rows of a file with the cells of `columns` as they are written, and what was noted.
fn read_bytes(content: &[u8], format: Format, columns: &[&str]) -> Result<Read, Fault> {
    let mut rows = Rows::new(content.to_vec(), format, columns)?;
    let found: Vec<_> =
        columns.iter().map(|name| rows.column(name).unwrap().unwrap_or_else(|| panic!("no {name}"))).collect();
    let mut all = Vec::new();
    while let Some(row) = rows.next_row() {
        let row = row?;
        let cells = found.iter().map(|column| row.cell(column).unwrap().written().unwrap_or_default().into_owned());
        all.push((row.line, cells.collect()));
    }
    Ok((all, rows.notes()))
}

#[track_caller]
fn assert_reads(content: &str, format: Format, columns: &[&str], expected: &[(usize, &[&str])]) -> Vec<String> {
    let (rows, notes) = read_bytes(content.as_bytes(), format, columns).unwrap();
    let expected: Vec<(usize, Vec<String>)> =
        expected.iter().map(|(line, cells)| (*line, cells.iter().map(|cell| (*cell).to_owned()).collect())).collect();
    assert_eq!(rows, expected);
    notes
}

#[test]
fn names_tell_the_format() {
    assert_eq!(Format::from_name("a.b.CSV"), Some(COMMA));
    assert_eq!(Format::from_name("a.tsv"), Some(TAB));
    assert_eq!(Format::from_name("a.ndjson"), Some(Format::JsonLines));
    assert_eq!(Format::from_name("a.txt"), Some(Format::Lines));
    assert_eq!(Format::from_name("csv"), None);
}

#[test]
fn the_header_tells_the_separator() {
    for (separator, promised) in [(";", COMMA), ("\t", COMMA), ("|", COMMA), (",", TAB), (";", TAB)] {
        let content = ["text,x\n", "\"a; b\"\",|\t\",1\n"].concat().replace("text,x", &["text", "x"].join(separator));
        let content = content.replace("\",1", &["\"", "1"].join(separator));
        assert_reads(&content, promised, &["text", "x"], &[(2, &["a; b\",|\t", "1"])]);
    }
    // What is asked for counts more than how much a character separates.
    assert_reads("text;toxic, or so, or not\na;0\n", COMMA, &["text"], &[(2, &["a"])]);
    assert_reads("text,toxic; or not; at all\na,0\n", COMMA, &["text"], &[(2, &["a"])]);
    assert_reads("text\na;b\tc\n", COMMA, &["text"], &[(2, &["a;b\tc"])]);
}

#[test]
fn excel_names_the_separator_in_a_line_of_its_own() {
    for (line, separator) in [("sep=;", ";"), ("SEP=,", ","), ("\"sep=;\"", ";"), ("sep=\t", "\t"), ("sep=^", "^")] {
        for end in ["\r\n", "\n", "\r"] {
            let content = format!("\u{feff}{line}\ntext;toxic\n\"a\nb\";0\nc;1\n")
                .replace('\n', end)
                .replace("t;t", &format!("t{separator}t"));
            let content = content.replace("\";0", &format!("\"{separator}0")).replace("c;", &format!("c{separator}"));
            assert_reads(&content, COMMA, &["text", "toxic"], &[(3, &[&format!("a{end}b"), "0"]), (5, &["c", "1"])]);
        }
    }
    let plain = assert_reads("sep=quote\na\n", COMMA, &["sep=quote"], &[(2, &["a"])]);
    assert!(plain.is_empty());
}

#[test]
fn a_quote_in_a_tsv_is_a_character_unless_it_closes() {
    let content = "text\tt\n\"One of a kind\t0\nnot \"good\"\t1\n\"they told me so\t0\nwhat? \"\t1\n\"Superb\", he wrote\t0\n\" odd\t1\n";
    let notes = assert_reads(
        content,
        TAB,
        &["text", "t"],
        &[
            (2, &["\"One of a kind", "0"]),
            (3, &["not \"good\"", "1"]),
            (4, &["\"they told me so", "0"]),
            (5, &["what? \"", "1"]),
            (6, &["\"Superb\", he wrote", "0"]),
            (7, &["\" odd", "1"]),
        ],
    );
    assert_eq!(notes, ["fields that begin with a quote which closes nowhere and is read as a character: 4"]);
    // Fields in quotes stay so, with a tab or a line end.
    let quoted = "t\ttext\n0\t\"two\tparts\"\n1\t\"two\nlines\"\n0\t\"say \"\"no\"\"\"\n1\t\"\"\n0\t\"a \"\"b\"";
    let expected: &[(usize, &[&str])] = &[
        (2, &["0", "two\tparts"]),
        (3, &["1", "two\nlines"]),
        (5, &["0", "say \"no\""]),
        (6, &["1", ""]),
        (7, &["0", "a \"b"]),
    ];
    assert!(assert_reads(quoted, TAB, &["t", "text"], expected).is_empty());
    // A last column that begins and ends with quotes in different rows would swallow the rows between.
    let last = "t\ttext\n0\t\"Fine\n1\tfive feet 5\"\n";
    assert_reads(last, TAB, &["t", "text"], &[(2, &["0", "\"Fine"]), (3, &["1", "five feet 5\""])]);
}

#[test]
fn backslashes_before_quotes_are_read_where_they_escape() {
    let content = "text,t\n\"He said \\\"no\\\", and left\",0\n\"\\\"all\\\"\",1\n\"ends \\\"\",0\nplain \\\" one,1\n\"C:\\dir\\\",0\n\"a \\\\ \\\" b\",1\n";
    let notes = assert_reads(
        content,
        COMMA,
        &["text", "t"],
        &[
            (2, &["He said \"no\", and left", "0"]),
            (3, &["\"all\"", "1"]),
            (4, &["ends \"", "0"]),
            (5, &["plain \\\" one", "1"]),
            (6, &["C:\\dir\\", "0"]),
            (7, &["a \\ \" b", "1"]),
        ],
    );
    assert_eq!(notes, ["fields whose quotes are escaped by backslashes, which are taken away: 4"]);
}

/// The line of each row, and whether it can be read.
fn lines_of(content: &str, format: Format) -> Vec<(usize, bool)> {
    let mut rows = Rows::new(content.as_bytes().to_vec(), format, &["text"]).unwrap();
    let mut lines = Vec::new();
    while let Some(row) = rows.next_row() {
        lines.push(row.map_or_else(|fault| (fault.line, false), |row| (row.line, true)));
    }
    lines
}

#[test]
fn rows_are_not_swallowed_by_quotes_in_a_csv() {
    let content = "text,t\n\"One of a kind,0\nnot good,1\n\"they told me so,0\nlast,1\n";
    assert_eq!(lines_of(content, COMMA), [(2, false), (3, true), (4, false), (5, true)]);
    let mut rows = Rows::new(content.as_bytes().to_vec(), COMMA, &["text"]).unwrap();
    let fault = rows.next_row().unwrap().err().unwrap();
    let sentence = "a text that begins with a quote (\") has another one in its middle";
    assert!(fault.reason.starts_with(sentence), "{}", fault.reason);
    assert_eq!(rows.last_written(), b"\"One of a kind,0");
    let unclosed = "text,t\na,0\n\"b,1\nc,0\n";
    assert_eq!(lines_of(unclosed, COMMA), [(2, true), (3, false), (4, true)]);
    let fault = read_bytes(unclosed.as_bytes(), COMMA, &["text"]).unwrap_err();
    assert!(fault.reason.contains("never closed"), "{}", fault.reason);
    // What is no row by itself is a part of the broken text.
    let parts = "text,t,u\n\"He said\nso: \"no\" and, well\",0,1\nc,0,1\n\"a, b\",1,0\n";
    assert_eq!(lines_of(parts, COMMA), [(2, false), (4, true), (5, true)]);
    assert_eq!(
        lines_of("text,t,\n\"stray,0,\nb,0,,,\n\"c\" d,1\ne,0\n", COMMA),
        [(2, false), (3, true), (4, false), (5, true)]
    );
    // A right row in quotes behind a stray one is one, too.
    assert_eq!(lines_of("text,t\n\"stray,0\n\"a, b\",1\nc,0\n", COMMA), [(2, false), (3, true), (4, true)]);
}

#[test]
fn every_line_end_ends_a_line() {
    let json = "{\"text\": \"a\"}\n\n{\"text\": \"b\"}\n";
    for end in ["\n", "\r\n", "\r"] {
        let of = |content: &str| content.replace('\n', end);
        assert_reads(&of("text,t\na,0\n\n\nb,1"), COMMA, &["text", "t"], &[(2, &["a", "0"]), (5, &["b", "1"])]);
        assert_reads(&of(json), Format::JsonLines, &["text"], &[(1, &["a"]), (3, &["b"])]);
        assert_reads(&of("\na b\n \nc\n"), Format::Lines, &["text"], &[(2, &["a b"]), (4, &["c"])]);
    }
}

#[test]
fn last_fields_may_be_missing() {
    let notes = assert_reads(
        "text,t,u,\na,0,,\nb,1\nc\nd,0,1,,,\n",
        COMMA,
        &["text", "t", "u"],
        &[(2, &["a", "0", ""]), (3, &["b", "1", ""]), (4, &["c", "", ""]), (5, &["d", "0", "1"])],
    );
    assert_eq!(notes, ["rows that lack their last fields, which are read as empty: 2"]);
    let fault = read_bytes(b"text,t\na,0,b\n", COMMA, &["text"]).unwrap_err();
    assert!(fault.reason.starts_with("the row has 3 fields where the header has 2"), "{}", fault.reason);
}

#[test]
fn names_may_differ_in_case_and_white_space() {
    assert_reads(" Text ,TOXIC,\u{c4}rger\na,0,1\n", COMMA, &["text", "toxic", "\u{e4}rger"], &[(2, &["a", "0", "1"])]);
    assert_reads("{\"Text\": \"a\", \"TEXT \": 1}", Format::JsonLines, &["Text"], &[(1, &["a"])]);
    assert_reads("Toxic,toxic\n1,0\n", COMMA, &["toxic", "Toxic"], &[(2, &["0", "1"])]);
    let rows = Rows::new(b"Toxic,Toxic \n1,0\n".to_vec(), COMMA, &[]).unwrap();
    assert_eq!(rows.column("toxic").unwrap_err(), Fault::new(1, "there are two columns `Toxic`; rename or remove one"));
    let mut rows = Rows::new(b"{\"Toxic\": 1, \"TOXIC\": 0}".to_vec(), Format::JsonLines, &[]).unwrap();
    let row = rows.next_row().unwrap().unwrap();
    assert!(row.cell(&Column::key("toxic")).unwrap_err().starts_with("there are two columns `T"));
}

#[test]
fn other_encodings_are_read_and_said() {
    let text = "text,t\n\u{201c}caf\u{e9}\u{201d} \u{20ac}5,0\n";
    let latin = b"text,t\n\x93caf\xe9\x94 \x805,0\n";
    let (rows, notes) = read_bytes(latin, COMMA, &["text"]).unwrap();
    assert_eq!(rows, [(2, vec!["\u{201c}caf\u{e9}\u{201d} \u{20ac}5".to_owned()])]);
    assert!(notes[0].starts_with("the file is not UTF-8 and is read as Windows-1252 (Latin-1)"), "{notes:?}");
    for mark in ["\u{feff}", ""] {
        let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for content in [little, big] {
            let (rows, notes) = read_bytes(&content, COMMA, &["text"]).unwrap();
            assert_eq!(rows, [(2, vec!["\u{201c}caf\u{e9}\u{201d} \u{20ac}5".to_owned()])]);
            assert_eq!(notes, ["the file is read as UTF-16"]);
        }
    }
    for content in [&latin[..], text.as_bytes(), "\u{e9}\u{1f642}".as_bytes(), b"\xe9", b"\xf0\x9f\x99"] {
        for size in 1..5 {
            let mut detector = encoding::Detector::default();
            content.chunks(size).for_each(|block| detector.push(block));
            assert_eq!(detector.encoding(), encoding::of(content), "{content:?} in pieces of {size}");
        }
    }
    assert_eq!(encoding::of(b"\xf0\x9f\x99"), Encoding::Windows1252, "a character without its end is none");
    // One broken row among many letters that are right is no reason to read them all otherwise.
    let broken = ["text\n\u{e9}\u{e8}\n".as_bytes(), b"caf\xe9\n"].concat();
    let mut rows = Rows::new(broken, COMMA, &[]).unwrap();
    let text = rows.column("text").unwrap().unwrap();
    assert_eq!(rows.next_row().unwrap().unwrap().cell(&text).unwrap(), Cell::Text("\u{e9}\u{e8}"));
    let reason = rows.next_row().unwrap().unwrap().cell(&text).unwrap_err();
    assert_eq!(reason, "the column `text` is not UTF-8; save the file with UTF-8 encoding");
}

#[test]
fn halves_of_characters_in_utf_16_are_counted() {
    let mut content: Vec<u8> = "text\na good film\n😀\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read = |content: &[u8]| read_bytes(content, COMMA, &["text"]).unwrap().1;
    assert_eq!(read(&content), ["the file is read as UTF-16"]);
    // The first half of the emoji twice, and the second half of none; then half a unit.
    content.splice(content.len() - 6..content.len() - 6, [0x3d, 0xd8]);
    content.extend([0x00, 0xdc, 0x61]);
    let halves = "halves of characters without the other half, which are read as \u{fffd}: 3";
    assert_eq!(read(&content), ["the file is read as UTF-16", halves]);
}

#[test]
fn python_s_nan_and_halves_of_emoji_are_read() {
    let content = r#"{"text": "NaN \"NaN\" \\", "t": NaN, "u": [NaN]}
{"text": "a \ud83d", "t": 1}
{"text": "\ude00 \ud83d\ude00 \ud83d\ud83d\ude00 \u00e9", "t": 0}"#;
    let notes = assert_reads(
        content,
        Format::JsonLines,
        &["text", "t", "u"],
        &[
            (1, &["NaN \"NaN\" \\", "", "[null]"]),
            (2, &["a \u{fffd}", "1", ""]),
            (3, &["\u{fffd} \u{1f600} \u{fffd}\u{1f600} \u{e9}", "0", ""]),
        ],
    );
    assert_eq!(notes, ["rows with half an emoji, which is read as \u{fffd}: 2"]);
    let fault = read_bytes(b"{\"text\": NaN, \"t\": nan}", Format::JsonLines, &["text"]).unwrap_err();
    assert!(fault.reason.starts_with("this is not a JSON object (expected ident at column 21)"), "{}", fault.reason);
}

#[test]
fn missing_values_are_told_from_words() {
    for missing in ["", " ", "NaN", "nan", "NA", "N/A", "null", "None", "<NA>"] {
        assert!(Cell::Text(missing).is_missing(), "{missing:?}");
    }
    for word in ["0", "no", "Nancy", "n a"] {
        assert!(!Cell::Text(word).is_missing(), "{word:?}");
    }
    for word in ["None", "null"] {
        assert!(!Cell::Text(word).has_no_word() && Cell::Text("NA").has_no_word(), "{word:?}");
    }
}

/// All that is read of a file that comes in pieces of these lengths, one after the other and over again.
fn read_in_pieces(content: &[u8], format: Format, lengths: &[usize]) -> Vec<String> {
    let mut rows = Rows::coming(format, None, &["text"]).with_blank_lines();
    let mut read = Vec::new();
    let mut lengths = lengths.iter().cycle();
    let mut rest = content;
    loop {
        while let Some(row) = rows.next_row() {
            read.push(match row {
                Err(fault) => format!("{fault:?}"),
                Ok(row) => {
                    let column = Column { name: "text".to_owned(), index: Some(0) };
                    format!("{} {:?} {:?}", row.line, row.written, row.cell(&column))
                }
            });
        }
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(rest.len().min(*lengths.next().unwrap()));
        rows.push(piece);
        rest = behind;
        if rest.is_empty() {
            rows.end();
        }
    }
    read.extend(rows.notes());
    read
}

#[test]
fn what_comes_in_pieces_is_read_as_a_whole_is() {
    let table = "sep=;\r\ntext;t\r\n\"a \"\"b\"\";\r\nc\";0\r\n\r\n\"d \\\"e\\\"\";1\r\n\"f;0\rg;1\n\"h;2\r\n i;3;4\nj";
    let tabs = "text\tt\n\"Superb\", he wrote\t0\n\"two\nlines\"\t1\n\"odd\t1\né\t2";
    let json = "{\"text\": \"a\"}\r\n\r\nno\n{\"text\": NaN}\r{\"text\": \"\\ud83d\"}";
    let utf16: Vec<u8> = "text\n\u{1f600} a\nb".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files: [(&[u8], Format); 5] = [
        (table.as_bytes(), COMMA),
        (tabs.as_bytes(), TAB),
        (json.as_bytes(), Format::JsonLines),
        (&utf16, COMMA),
        (b"\xef\xbb\xbfa\r\n\r\n\xff\n\rb", Format::Lines),
    ];
    for (content, format) in files {
        let whole = read_in_pieces(content, format, &[content.len()]);
        assert!(whole.len() >= 2, "{whole:?}");
        for lengths in [&[1][..], &[2], &[3], &[5, 1, 4], &[7, 2]] {
            assert_eq!(read_in_pieces(content, format, lengths), whole, "{lengths:?}");
        }
    }
}

#[test]
fn what_is_too_long_for_a_row_is_let_go() {
    let long = vec![b'x'; LONGEST_ROW + 100];
    for (before, format) in [("text\na\n", COMMA), ("a\n", Format::Lines), ("{}\n", Format::JsonLines)] {
        let mut rows = Rows::coming(format, None, &["text"]);
        rows.push(before.as_bytes());
        assert!(rows.next_row().unwrap().is_ok());
        let mut faults = Vec::new();
        for _ in 0..3 {
            for piece in long.chunks(1 << 20) {
                rows.push(piece);
                while let Some(row) = rows.next_row() {
                    faults.push(row.err().expect("it is too long"));
                }
            }
        }
        assert_eq!(faults.len(), 1);
        assert!(faults[0].reason.starts_with("the row has more than 16 MB and no end"), "{}", faults[0].reason);
        rows.push(before.rsplit_terminator('\n').next().unwrap().as_bytes());
        rows.push(b" \n");
        rows.push(before.rsplit_terminator('\n').next().unwrap().as_bytes());
        rows.end();
        let line = before.lines().count() + 2;
        assert_eq!(rows.next_row().unwrap().unwrap().line, line, "what follows is read on");
        assert!(rows.next_row().is_none());
    }
    // A quote that nothing closes takes along no more than its line.
    let mut rows = Rows::coming(COMMA, None, &["text"]);
    rows.push(b"text,t\n\"stray,1\n");
    let mut read = 0;
    for _ in 0..LONGEST_ROW / 1000 + 1 {
        rows.push(&[&b"x".repeat(997)[..], b",1\n"].concat());
        while let Some(row) = rows.next_row() {
            assert_eq!(row.is_err(), read == 0);
            read += 1;
        }
    }
    assert!(read > LONGEST_ROW / 1000, "{read}");
}

/// Whatever a file has in it, reading it ends, and without a panic.
#[test]
fn no_content_breaks_the_readers() {
    let mut random = fastrand::Rng::with_seed(7);
    let parts: [&[u8]; 24] = [
        b"\"",
        b"\"\"",
        b"\\",
        b"\\\"",
        b",",
        b";",
        b"\t",
        b"\n",
        b"\r",
        b"\r\n",
        b"a",
        b"text",
        b"{",
        b"}",
        b"[",
        b":",
        b"NaN",
        b"\\ud83d",
        b"\\u",
        b"\xff",
        b"\xc3\xa9",
        b"\0",
        b"sep=",
        b"\xef\xbb\xbf",
    ];
    for _ in 0..4_000 {
        let content: Vec<u8> =
            (0..random.usize(0..24)).flat_map(|_| parts[random.usize(0..parts.len())]).copied().collect();
        for format in [COMMA, TAB, Format::JsonLines, Format::Lines] {
            let Ok(mut rows) = Rows::new(content.clone(), format, &["text"]) else { continue };
            let column = rows.column("text").ok().flatten().unwrap_or_else(|| Column::key("text"));
            let mut count = 0;
            while let Some(row) = rows.next_row() {
                count += 1;
                let line = match row {
                    Ok(row) => {
                        let _ = row.cell(&column);
                        row.line
                    }
                    Err(fault) => fault.line,
                };
                assert!(line >= 1 && line <= content.len() + 1);
            }
            assert!(count <= content.len());
            rows.notes();
        }
    }
    let deep = format!("{{\"text\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read_bytes(deep.as_bytes(), Format::JsonLines, &["text"]).is_err());
}
