//! Where rows come from: a file or standard input, read ahead while others are answered.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use undertone::rows::encoding::Encoding;
use undertone::rows::texts::{RowCells, TextRow, Texts};
use undertone::rows::{Fault, Format, Rows};

use super::{Error, Result};

/// How much is read at once, and how many times as much waits to be answered.
const BLOCK: usize = 1 << 16;
const BLOCKS: usize = 8;
/// A batch has so many rows for each core, unless they are of more bytes: enough that none waits long for the last of them.
const ROWS_OF_A_CORE: usize = 64;
const BATCH_BYTES: usize = 1 << 20;

/// Rows as they come.
pub struct Input {
    name: String,
    texts: Texts,
    blocks: Receiver<std::io::Result<Vec<u8>>>,
    has_ended: bool,
    /// The line and the keys of the first JSON object.
    first: Option<(usize, Vec<String>)>,
}

impl Input {
    pub fn open(
        file: Option<PathBuf>,
        format: Format,
        encoding: Option<Encoding>,
        column: Option<&str>,
    ) -> Result<Self> {
        let (name, reader): (_, Box<dyn Read + Send>) = match file {
            Some(path) => {
                let file = File::open(&path).map_err(Error::io(&path))?;
                (path.display().to_string(), Box::new(file))
            }
            None => ("standard input".to_owned(), Box::new(std::io::stdin())),
        };
        let (sender, blocks) = sync_channel(BLOCKS);
        std::thread::spawn(move || read(reader, |block| sender.send(block).is_ok()));
        Ok(Self { name, texts: Texts::coming(format, encoding, column), blocks, has_ended: false, first: None })
    }

    /// The file that rows are read from, as far as it is known.
    pub fn rows(&self) -> &Rows {
        self.texts.rows()
    }

    /// The name of the column with the texts, once it is known.
    pub fn column(&self) -> Option<&str> {
        self.texts.column().map(|column| column.name.as_str())
    }

    /// The line and the keys of the first JSON object that was read.
    pub fn first_object(&self) -> Option<&(usize, Vec<String>)> {
        self.first.as_ref()
    }

    /// Leaves out the next rows.
    pub fn skip(&mut self, rows: usize) -> Result<()> {
        while self.texts.place() < rows {
            if self.next(true)?.is_none() {
                hint!("{} has {} rows, and all of them are skipped", self.name, self.texts.place());
                break;
            }
        }
        Ok(())
    }

    /// The next rows, once there is one, and those behind it that are there already; none at the end.
    pub fn next_batch(&mut self) -> Result<Vec<TextRow>> {
        let most = ROWS_OF_A_CORE * rayon::current_num_threads();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < most && bytes < BATCH_BYTES {
            let Some(row) = self.next(batch.is_empty())? else { break };
            bytes += row.written.len();
            batch.push(row);
        }
        Ok(batch)
    }

    /// The next row; none at the end or, unless it `waits`, where it has not come yet.
    fn next(&mut self, waits: bool) -> Result<Option<TextRow>> {
        loop {
            match self.texts.next_text() {
                Some(Ok(row)) => {
                    if let (None, RowCells::Object(object)) = (&self.first, &row.cells) {
                        self.first = Some((row.line, object.keys().cloned().collect()));
                    }
                    return Ok(Some(row));
                }
                Some(Err(fault)) => return Err(self.error(&fault)),
                None if self.has_ended => return Ok(None),
                None => {}
            }
            let block = match waits {
                true => self.blocks.recv().map_err(|_| TryRecvError::Disconnected),
                false => self.blocks.try_recv(),
            };
            match block {
                Ok(Ok(block)) => self.texts.push(&block),
                Ok(Err(error)) => return Err(Error::invalid(format!("{} cannot be read: {error}", self.name))),
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => {
                    self.texts.end();
                    self.has_ended = true;
                }
            }
        }
    }

    /// What was read otherwise than it stands, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        self.rows().notes().into_iter().map(|note| format!("{}: {note}", self.name)).collect()
    }

    /// An error about the whole of the input.
    pub fn error(&self, Fault { line, reason, .. }: &Fault) -> Error {
        Error::invalid(format!("{}, line {line}: {reason}", self.name))
    }
}

/// Hands on block after block, until the end, an error, or nobody wants more.
fn read(mut reader: Box<dyn Read + Send>, mut hand_on: impl FnMut(std::io::Result<Vec<u8>>) -> bool) {
    loop {
        let mut block = vec![0; BLOCK];
        let read = match reader.read(&mut block) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                hand_on(Err(error));
                return;
            }
        };
        block.truncate(read);
        if !hand_on(Ok(block)) {
            return;
        }
    }
}
