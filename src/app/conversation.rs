//! Which text the worker is busy with, and which one waits for it.
//!
//! One text is out at a time. What is typed meanwhile waits, only ever the newest of it, and goes out the moment the
//! answer is in: so the worker is never idle while there is something to say, and never busy with what nobody waits for.
//! An answer to a text that has been typed over is still shown, since on a slow machine a fast typist would see nothing
//! until the end otherwise; an answer to a text that has been deleted is not.

use crate::worker::protocol::Request;

/// The page's side of the conversation.
#[derive(Debug, Default)]
pub struct Conversation {
    open: bool,
    sequence: u64,
    asked: Option<Asked>,
    newest: String,
}

#[derive(Debug)]
struct Asked {
    sequence: u64,
    text: String,
}

/// What an answer means for the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// The text that the answer is about; none if the answer is to be ignored.
    pub text: Option<String>,
    /// Whether that is the text as it stands.
    pub current: bool,
    /// What to ask next.
    pub next: Option<Request>,
}

impl Conversation {
    /// The worker is ready: asks about the newest text, if there is one.
    pub fn open(&mut self) -> Option<Request> {
        self.open = true;
        self.ask()
    }

    /// The worker is gone. The text stays, for the next worker.
    pub fn close(&mut self) {
        self.open = false;
        self.asked = None;
    }

    /// The text is now `text`: asks about it, unless the worker is busy or there is nothing to ask.
    pub fn say(&mut self, text: &str) -> Option<Request> {
        text.clone_into(&mut self.newest);
        self.ask()
    }

    /// The worker has answered the question of this number.
    pub fn hear(&mut self, sequence: u64) -> Heard {
        let Some(asked) = self.asked.take_if(|asked| asked.sequence == sequence) else {
            return Heard { text: None, current: false, next: None };
        };
        let current = asked.text == self.newest;
        let next = if current { None } else { self.ask() };
        let text = (!is_blank(&self.newest)).then_some(asked.text);
        Heard { text, current, next }
    }

    fn ask(&mut self) -> Option<Request> {
        if !self.open || self.asked.is_some() || is_blank(&self.newest) {
            return None;
        }
        self.sequence += 1;
        self.asked = Some(Asked { sequence: self.sequence, text: self.newest.clone() });
        Some(Request::Classify { sequence: self.sequence, text: self.newest.clone(), words: false })
    }
}

/// Whether there is nothing in `text` to have a tone.
pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
