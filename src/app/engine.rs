//! The worker as the page sees it: where it stands, what it said last, and how to start it again.

use leptos::prelude::*;

use super::conversation::{Conversation, is_blank};
use super::link::{Builds, Link, base};
use crate::worker::protocol::{Answer, BUILD, Model, Request, Response};

/// The folder of the bundle, seen from the page.
const BUNDLE: &str = "models/undertone/";

/// Where the engine stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    /// The worker is being fetched.
    Starting,
    /// The bundle is being fetched.
    Fetching {
        /// How many bytes are here.
        received: u64,
        /// How many there are in all.
        total: u64,
    },
    /// The model is being built.
    Preparing,
    /// Texts are answered.
    Ready,
    /// Nothing works any more.
    Failed {
        /// Why, in a sentence.
        sentence: String,
    },
}

/// An answer, and what it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What the worker said.
    pub answer: Answer,
    /// How many characters its text has.
    pub characters: usize,
    /// Whether its text is still the text on the page.
    pub current: bool,
}

/// The engine; copies of it are the same engine.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    status: RwSignal<Status>,
    model: RwSignal<Option<Model>>,
    answer: RwSignal<Option<Shown>>,
    conversation: StoredValue<Conversation>,
    link: StoredValue<Option<Link>, LocalStorage>,
}

impl Engine {
    /// An engine that has not been started.
    pub fn new() -> Self {
        Self {
            status: RwSignal::new(Status::Starting),
            model: RwSignal::new(None),
            answer: RwSignal::new(None),
            conversation: StoredValue::new(Conversation::default()),
            link: StoredValue::new_local(None),
        }
    }

    /// Where it stands.
    pub fn status(self) -> Signal<Status> {
        self.status.into()
    }

    /// What it has loaded.
    pub fn model(self) -> Signal<Option<Model>> {
        self.model.into()
    }

    /// What it said last; nothing where the text is blank.
    pub fn answer(self) -> Signal<Option<Shown>> {
        self.answer.into()
    }

    /// Starts a worker.
    pub fn start(self) {
        self.start_worker(false);
    }

    /// Starts a new worker in place of the old one, and trusts neither what the browser's HTTP cache has nor relaxed SIMD.
    pub fn restart(self) {
        self.start_worker(true);
    }

    /// The text on the page is now `text`.
    pub fn say(self, text: &str) {
        if is_blank(text) {
            self.answer.set(None);
        } else {
            self.answer.maybe_update(|answer| answer.as_mut().is_some_and(|shown| std::mem::take(&mut shown.current)));
        }
        self.send(self.conversation.try_update_value(|conversation| conversation.say(text)).flatten());
    }

    fn start_worker(self, fresh: bool) {
        self.status.set(Status::Starting);
        self.conversation.update_value(Conversation::close);
        // The old worker ends before the new one takes its memory.
        self.link.set_value(None);
        let builds = if fresh { Builds::Baseline } else { Builds::Best };
        let load = Request::Load { bundle: format!("{}{BUNDLE}", base()), fresh };
        match Link::open(builds, &load, move |response| self.receive(response)) {
            Ok(link) => self.link.set_value(Some(link)),
            Err(sentence) => self.give_up(sentence),
        }
    }

    fn receive(self, response: Response) {
        match response {
            Response::Started { build } if build != BUILD => self.give_up(
                "This page and its engine are of different builds, probably because a new version has just been published. \
                 Reload the page to get both of one build."
                    .to_owned(),
            ),
            Response::Started { .. } => {}
            Response::Progress { received, total } => self.status.set(Status::Fetching { received, total }),
            Response::Preparing => self.status.set(Status::Preparing),
            Response::Ready(model) => {
                self.model.set(Some(model));
                self.status.set(Status::Ready);
                self.send(self.conversation.try_update_value(Conversation::open).flatten());
            }
            Response::Answer(answer) => self.hear(answer),
            // The page asks for no lists.
            Response::Scored { .. } => {}
            Response::Failed { sentence } => self.give_up(sentence),
        }
    }

    fn hear(self, answer: Answer) {
        let heard = self.conversation.try_update_value(|conversation| conversation.hear(answer.sequence));
        let Some(heard) = heard else { return };
        if let Some(text) = heard.text {
            self.answer.set(Some(Shown { answer, characters: text.chars().count(), current: heard.current }));
        }
        self.send(heard.next);
    }

    fn give_up(self, sentence: String) {
        self.conversation.update_value(Conversation::close);
        self.link.set_value(None);
        self.answer.set(None);
        self.status.set(Status::Failed { sentence });
    }

    fn send(self, request: Option<Request>) {
        if let Some(request) = request {
            self.link.with_value(|link| link.as_ref().map(|link| link.send(&request)));
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}
