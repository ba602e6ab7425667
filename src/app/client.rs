//! The engine as the page sees it: where it stands, and what it said last.
//!
//! Whatever there is to do so that a text is answered, the client of the engine does (`web/session.js`), which other scripts use, too. The
//! page is handed a session that has begun already: the engine starts while the page's own program is still on its way.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use super::marks::{Mark, marks};
use super::settings::Settings;
use crate::protocol::{Answer, Explanation, Model, Status, Update as Told};

#[wasm_bindgen]
extern "C" {
    /// A session of `web/session.js`.
    #[derive(Debug, Clone)]
    pub type Session;

    /// The text as it stands.
    #[wasm_bindgen(method, getter)]
    fn text(this: &Session) -> js_sys::JsString;

    #[wasm_bindgen(method)]
    fn say(this: &Session, text: &js_sys::JsString);

    #[wasm_bindgen(method)]
    fn retry(this: &Session);

    /// Which words of a text did it, as JSON.
    #[wasm_bindgen(method, catch)]
    pub async fn words(this: &Session, text: &str) -> Result<JsValue, JsValue>;

    /// From now on labels count from these thresholds.
    #[wasm_bindgen(method)]
    fn decide(this: &Session, thresholds: &JsValue);

    /// One of the model's documents.
    #[wasm_bindgen(method, catch)]
    pub async fn document(this: &Session, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method)]
    fn listen(this: &Session, hear: &js_sys::Function);
}

/// An answer, and whether its text is still the text on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What the engine said.
    pub answer: Answer,
    /// Whether nothing has changed since.
    pub is_current: bool,
}

impl Shown {
    /// Whether this is the number that stays: of the text as it is, and the same in every browser.
    pub fn is_settled(&self) -> bool {
        self.is_current && self.answer.is_precise
    }
}

/// The engine; copies of it are the same engine.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    session: StoredValue<Session, LocalStorage>,
    status: RwSignal<Status>,
    /// The model as its bundle has it, and as somebody has set it.
    bundled: RwSignal<Option<Model>>,
    model: Memo<Option<Model>>,
    front: Memo<Option<String>>,
    answer: RwSignal<Option<Shown>>,
    explained: RwSignal<Vec<Explanation>>,
}

impl Engine {
    /// What `session` tells, from now on, and is told of the settings.
    pub fn new(session: Session, settings: Settings) -> Self {
        let bundled = RwSignal::new(None::<Model>);
        let engine = Self {
            session: StoredValue::new_local(session),
            status: RwSignal::new(Status::Starting),
            bundled,
            model: Memo::new(move |_| bundled.get().map(|model| settings.decided(model))),
            front: Memo::new(move |_| bundled.with(|model| settings.front(model.as_ref()?))),
            answer: RwSignal::new(None),
            explained: RwSignal::new(Vec::new()),
        };
        let hear = Closure::<dyn Fn(JsValue)>::new(move |update: JsValue| engine.hear(&update));
        engine.session.with_value(|session| session.listen(hear.as_ref().unchecked_ref()));
        // It listens as long as there is a page.
        hear.forget();
        let thresholds = Memo::new(move |_| bundled.with(|model| Some(settings.thresholds(model.as_ref()?))));
        Effect::new(move || {
            if let Some(thresholds) = thresholds.get() {
                // Cannot fail: they are numbers by names.
                let json = serde_json::to_string(&thresholds).unwrap_or_default();
                let thresholds = js_sys::JSON::parse(&json).unwrap_or_default();
                engine.session.with_value(|session| session.decide(&thresholds));
            }
        });
        engine
    }

    /// The session itself.
    pub fn session(self) -> Session {
        self.session.get_value()
    }

    /// Where it stands.
    pub fn status(self) -> Signal<Status> {
        self.status.into()
    }

    /// What it has loaded, with thresholds of somebody's own in place of the bundle's.
    pub fn model(self) -> Signal<Option<Model>> {
        self.model.into()
    }

    /// The same as the bundle has it.
    pub fn bundled(self) -> Signal<Option<Model>> {
        self.bundled.into()
    }

    /// Which of the model's tasks stands in front; none where nobody has said so.
    pub fn front(self) -> Signal<Option<String>> {
        self.front.into()
    }

    /// What it said last; nothing where the text is blank.
    pub fn answer(self) -> Signal<Option<Shown>> {
        self.answer.into()
    }

    /// What is marked in the text as it stands; none while it is not known of this text.
    pub fn marks(self) -> Memo<Option<Vec<Mark>>> {
        Memo::new(move |_| {
            let (model, answer, explained) = (self.model.read(), self.answer.read(), self.explained.read());
            match (&*model, &*answer) {
                (Some(model), Some(Shown { answer, is_current: true })) => {
                    Some(marks(&self.text(), model, &answer.words, &explained))
                }
                (_, Some(_)) => None,
                (_, None) => Some(Vec::new()),
            }
        })
    }

    /// The text as it stands. It is the browser's: in Rust's, which is UTF-8, half a character has no place, and input methods may send one
    /// half after the other.
    pub fn text(self) -> js_sys::JsString {
        self.session.with_value(Session::text)
    }

    /// The text on the page is now `text`.
    pub fn say(self, text: &js_sys::JsString) {
        self.session.with_value(|session| session.say(text));
    }

    /// Does what may help after a failure, or begins what was put off.
    pub fn retry(self) {
        self.session.with_value(Session::retry);
    }

    fn explain(self, explained: Vec<Explanation>) {
        self.explained.maybe_update(|known| {
            let changes = *known != explained;
            *known = explained;
            changes
        });
    }

    fn hear(self, update: &JsValue) {
        // Cannot fail: updates are objects of strings and numbers, as src/protocol.rs says and the scripts are checked against.
        let json = js_sys::JSON::stringify(update).map(String::from).expect("an update is JSON");
        match serde_json::from_str(&json).expect("an update is one of the protocol's") {
            Told::Status(status) => self.status.set(status),
            Told::Model(model) => self.bundled.set(Some(model)),
            Told::Answer { answer, is_current } => {
                self.explain(Vec::new());
                self.answer.set(Some(Shown { answer, is_current }));
            }
            Told::Explained(explained) => self.explain(explained),
            Told::Changed => self
                .answer
                .maybe_update(|answer| answer.as_mut().is_some_and(|shown| std::mem::take(&mut shown.is_current))),
            Told::Blank => self.answer.set(None),
        }
    }
}
