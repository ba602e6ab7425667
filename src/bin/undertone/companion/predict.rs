//! `undertone predict`: rows in, the same rows with what the model says of their texts out.
//!
//! Whatever the rows are and wherever they come from, one thing happens to each (`rows::answer`): its text is classified, and what
//! was said stands beside what it had. Rows are read, answered on all cores and written a batch at a time, in their order, so that
//! no more than a batch is in memory.

mod answer;
mod continuation;
mod csv;
mod formats;
mod input;
mod json;
mod output;
mod plain;
mod rows;

use std::path::PathBuf;
use std::process::ExitCode;

use undertone::bundle::{Bundle, Pin, Windows};
use undertone::classify::Classifier;
use undertone::{Error, Result};

use super::activations::Activations;
use answer::Scorer;
use formats::{Encoding, Format, InputFormat};
use input::Input;
use output::Output;
use rows::Layout;

/// The exit code where all that could be answered was, and some rows could not.
const SOME_BROKEN: u8 = 3;

const HELP: &str = "\
Rows that cannot be read stay in their places with the reason in `error`, and the rows behind them are read on.
Numbers: `row` counts rows and `line` lines of the input, both from 1.

Exit codes:
  0  every row was answered, or whoever reads the output wants no more of it
  1  the output is not complete: the bundle, the file or the output cannot be used, or has no texts
  2  the command line is wrong
  3  the output is complete, and some of its rows are broken

To go on after an interruption, look up the last whole row of the output and skip so many:
  undertone predict --bundle BUNDLE comments.csv --out scores.csv --skip 120000";

/// Classifies texts: of each row of a file or of standard input, and prints it with the probability of each label.
#[derive(clap::Args)]
#[command(after_long_help = HELP)]
pub struct Arguments {
    /// The file with the rows; standard input where there is none, or it is -.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// Use that bundle only if its manifest.json has this SHA-256, as sha256sum prints it.
    #[arg(long, value_name = "DIGEST")]
    sha256: Option<Pin>,
    /// How the rows are laid out; as the file's name says where not given, and lines on standard input.
    #[arg(long, value_enum, value_name = "FORMAT")]
    input: Option<InputFormat>,
    /// The column or key that has the texts; where not given, the first of `text`, `comment_text`, `comment`, `review` and the like.
    #[arg(long, value_name = "COLUMN")]
    text: Option<String>,
    /// The encoding of the rows; UTF-8 or UTF-16, as the first bytes tell, where not given.
    #[arg(long, value_enum)]
    encoding: Option<Encoding>,
    /// How answers are written; where not given, as the name of --out says, and else as the rows are laid out.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The file to write, which must not be there yet, or with --skip is gone on with; standard output where not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Leave out so many rows at the beginning, broken ones included, and the header of the answers.
    #[arg(long, value_name = "ROWS", default_value_t = 0)]
    skip: usize,
    /// What the names of our columns begin with, for rows that have columns of the same names.
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// Say which words did it, too: by the bundle's task about words, and of each label that counts as present by hiding the
    /// words one by one, which takes a pass through the model for each.
    #[arg(long)]
    spans: bool,
    /// What is done with texts that are longer than the model reads at once; as the bundle says where not given.
    #[arg(long, value_enum)]
    windows: Option<Windows>,
    /// How an int8 bundle's activations are rounded.
    #[arg(long, value_enum, default_value_t = Activations::Wide)]
    activations: Activations,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let file = arguments.file.filter(|path| path.as_os_str() != "-");
    let input_format = formats::of_input(arguments.input, file.as_deref())?;
    let format = formats::of_output(arguments.format, arguments.out.as_deref(), input_format)?;
    let mut output = Output::new(arguments.out, arguments.skip > 0)?;
    let mut input = Input::open(file, input_format, arguments.encoding.map(Into::into), arguments.text.as_deref())?;
    let classifier = {
        let bundle = Bundle::read_pinned(&arguments.bundle, arguments.sha256.as_ref())?;
        bundle.manifest.check_single_texts()?;
        Classifier::with_rounding(&bundle, arguments.activations.into())?
    };
    let scorer = Scorer::new(classifier.reading_long_texts(arguments.windows)?, arguments.spans);
    input.skip(arguments.skip)?;
    let mut layout = None;
    let mut broken = Broken::default();
    loop {
        let batch = input.next_batch()?;
        let layout = match &mut layout {
            Some(layout) => layout,
            none => {
                let made = Layout::new(format, &arguments.prefix, &scorer, &input, output.separator())?;
                if let Some(path) = output.begun() {
                    continuation::check(path, &made, &arguments.prefix, arguments.skip)?;
                }
                if !output.goes_on() && !output.write(&made.header())? {
                    return Ok(ExitCode::SUCCESS);
                }
                none.insert(made)
            }
        };
        if batch.is_empty() {
            break;
        }
        for answered in rows::answer_all(&scorer, layout, batch)? {
            broken.look(&answered);
            if !output.write(&answered.written)? {
                return Ok(ExitCode::SUCCESS);
            }
        }
        if !output.flush()? {
            return Ok(ExitCode::SUCCESS);
        }
    }
    output.flush()?;
    for note in input.notes() {
        hint!("{note}");
    }
    Ok(broken.exit_code())
}

/// How many rows were broken, and the first.
#[derive(Default)]
struct Broken {
    rows: usize,
    broken: usize,
    first: Option<String>,
}

impl Broken {
    fn look(&mut self, row: &rows::Answered) {
        self.rows += 1;
        if let Some(reason) = &row.broken {
            self.broken += 1;
            self.first.get_or_insert_with(|| format!("row {}, line {}: {reason}", row.place, row.line));
        }
    }

    fn exit_code(self) -> ExitCode {
        let Some(first) = self.first else { return ExitCode::SUCCESS };
        let Self { rows, broken, .. } = self;
        hint!("{broken} of {rows} rows are broken, and in the output with the reason; {first}");
        ExitCode::from(SOME_BROKEN)
    }
}
