//! The tokens of texts, for who compares tokenizers (make differential): cargo run --release --example tokens -- FOLDER [MAX] < texts.jsonl > ids.jsonl
//!
//! FOLDER is a checkpoint's, with how many tokens a text may have, or a bundle's, which says that itself and how texts are read beforehand. A text is a
//! string of JSON on a line of its own, and so are its ids, as a list. Compiled for WebAssembly it is a tokenizer for scripts (scripts/tokens.mjs).

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::io::{self, BufRead, BufWriter, Write};
    use std::path::PathBuf;

    use undertone::bundle::{MANIFEST, Manifest, TOKENIZER};
    use undertone::classify;
    use undertone::text::Tokenizer;

    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map(PathBuf::from).ok_or("tell a checkpoint's folder, or a bundle's")?;
    let tokenizer = match arguments.next() {
        Some(most) => Tokenizer::from_checkpoint(&folder, most.parse()?)?,
        None => {
            let manifest = Manifest::parse(&std::fs::read(folder.join(MANIFEST))?)?;
            classify::tokenizer(&manifest, &std::fs::read(folder.join(TOKENIZER))?)?
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        serde_json::to_writer(&mut out, &tokenizer.encode(&text)?.ids.input_ids)?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

#[cfg(target_arch = "wasm32")]
mod web {
    use undertone::bundle::Manifest;
    use undertone::classify;
    use undertone::text::Tokenizer;
    use wasm_bindgen::prelude::*;

    /// A bundle's tokenizer.
    #[wasm_bindgen]
    pub struct Tokens(Tokenizer);

    #[wasm_bindgen]
    impl Tokens {
        /// From the contents of its `manifest.json` and `tokenizer.json`.
        #[wasm_bindgen(constructor)]
        pub fn new(manifest: &[u8], tokenizer: &[u8]) -> Result<Tokens, JsError> {
            Ok(Self(classify::tokenizer(&Manifest::parse(manifest)?, tokenizer)?))
        }

        /// The ids of a text's tokens.
        pub fn ids(&self, text: &str) -> Result<Vec<u32>, JsError> {
            Ok(self.0.encode(text)?.ids.input_ids)
        }
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}
