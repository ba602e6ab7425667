//! The tokens of texts, for who compares tokenizers (make differential): cargo run --release --example tokens -- FOLDER MAX < texts.jsonl > ids.jsonl
//!
//! FOLDER is a checkpoint's, a text is a string of JSON on a line of its own, and so are its ids, as a list.

use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;

use undertone::text::Tokenizer;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(most)) = (arguments.next(), arguments.next()) else {
        return Err("tell a checkpoint's folder, and how many tokens a text may have".into());
    };
    let tokenizer = Tokenizer::from_checkpoint(Path::new(&folder), most.parse()?)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        serde_json::to_writer(&mut out, &tokenizer.encode(&text)?.ids.input_ids)?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}
