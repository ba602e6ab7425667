//! What of a text is learnt, and what is none.

use super::*;

#[test]
fn line_breaks_of_html_are_newlines_wherever_they_come_from() {
    let csv = "text,toxic\n\"a<br /><br>b<BR/>c <b>d</b> < e <brr> <br\",1\n";
    let json = "{\"text\": \"f<br  />g\", \"toxic\": 0}";
    let dataset = read_files(&[("a.csv", csv), ("b.jsonl", json)], &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["a\n\nb\nc <b>d</b> < e <brr> <br", "f\ng"]);
    // Marked characters are told by their number.
    let words = Schema { spans: Some("spans".to_owned()), ..schema(&["toxic"]) };
    let marked = "text,spans\na<br />fool,\"[7, 8, 9, 10]\"\n";
    let dataset = read_files(&[("a.csv", marked)], &words, BadRows::Refuse).unwrap();
    assert_eq!(&dataset.examples[0].text[dataset.examples[0].spans[0].clone()], "fool");
}

#[test]
fn what_is_blank_or_says_that_there_is_nothing_is_no_text() {
    for text in ["\" \"", "\"\t\"", "\u{a0}\u{2003}", "<br />", "\u{200b}\u{feff}"] {
        let sentence =
            read_files(&[("a.csv", &format!("text,toxic\n{text},1\n"))], &schema(&["toxic"]), BadRows::Refuse);
        assert_eq!(sentence.unwrap_err(), "a.csv, line 2: the text is empty; remove the row");
    }
    for text in ["nan", "NaN", "<NA>", "null", "NA", "#N/A", "#NAME?"] {
        let sentence =
            read_files(&[("a.csv", &format!("text,toxic\n{text},1\n"))], &schema(&["toxic"]), BadRows::Refuse);
        let expected = format!(
            "a.csv, line 2: the text is only `{text}`, which programs write where there is none; remove the row"
        );
        assert_eq!(sentence.unwrap_err(), expected);
    }
    let words = read_files(&[("a.csv", "text,toxic\nNan was here,1\nNone,0\n")], &schema(&["toxic"]), BadRows::Refuse);
    assert_eq!(words.unwrap().examples.len(), 2);
}

#[test]
fn texts_that_differ_in_white_space_are_the_same() {
    let csv = "text,toxic\nan odd film,0\n\" an  odd\nfilm \",1\nAn odd film,1\nanodd film,1\n";
    let dataset = read_files(&[("a.csv", csv)], &schema(&["toxic"]), BadRows::Refuse).unwrap();
    assert_eq!(texts(&dataset.examples), ["an odd film", "An odd film", "anodd film"]);
    assert_eq!((dataset.left_out.repeated_texts, dataset.left_out.contradicting), (1, 1));
}
