//! A page of somebody else's, on another port, that has one line of ours in it.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::driver::Kind;
use crate::site::{Fault, Site};
use crate::support::{GLOWING, Native, RELAXED, Reading, SCATHING, THREAT, answer_to, dist, engine, models, open};

in_all_browsers!(one_line_in_a_blog_ends_in_scores_and_nothing_is_fetched_before_the_field_has_the_focus);

/// Our site, and a page elsewhere that has something of it.
pub struct Embedded {
    pub site: Site,
    blog: Site,
    pub browser: Browser,
    _folder: TempDir,
}

/// What a page notes of the events that it hears.
const EVENTS: &str = "<script>window.heard = [];
    for (const name of ['ready', 'score', 'verdict', 'error', 'nudge'])
      document.addEventListener(`undertone-${name}`, ({ target, detail }) => heard.push({ name, id: target.id, text: target.value, detail }));
    </script>";

impl Embedded {
    /// A page with `body`, in which `{site}` is our site's address.
    fn new(body: &str) -> Self {
        Self::served(Kind::Chromium, Site::serve(&dist()), body)
    }

    pub fn served(kind: Kind, site: Site, body: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let page = format!(
            "<!doctype html><title>A blog</title><link rel=icon href='data:,'>{EVENTS}{}",
            body.replace("{site}", &site.address())
        );
        fs::write(folder.path().join("index.html"), page).expect("the page can be written");
        let blog = Site::serve(folder.path());
        let browser = Browser::of(kind);
        browser.open(&blog.address());
        Self { site, blog, browser, _folder: folder }
    }

    /// Waits for what `name` tells of the field `id`.
    fn event(&self, name: &str, id: &str) -> Value {
        let script =
            format!("return heard.findLast((event) => event.name === '{name}' && event.id === '{id}')?.detail");
        self.browser.wait(name, &script)
    }

    /// Waits for the scores of the field `id` that stay.
    fn scores(&self, id: &str) -> Reading {
        let script = format!(
            "const found = heard.findLast(({{ name, id, text, detail }}) => name === 'score' && id === '{id}' && detail.precise && \
             text === document.getElementById('{id}').value); \
             return found?.detail.tasks.flatMap(({{ task, labels }}) => labels.map(({{ label, probability }}) => [task, label, probability]))"
        );
        serde_json::from_value(self.browser.wait("scores", &script)).expect("a list of task, label and probability")
    }

    /// Waits until the page has been told something with these words.
    fn told(&self, words: &str) {
        let mut lines = Vec::new();
        for _ in 0..200 {
            lines.extend(self.browser.console().into_iter().map(|(_, message)| message.replace("\\\"", "\"")));
            if lines.iter().any(|line| line.contains(words)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the console does not say {words:?} but {lines:?}");
    }

    fn frames(&self) -> u64 {
        self.browser.run("return document.querySelectorAll('iframe').length").as_u64().expect("a count")
    }
}

const LINE: &str = "<script src='{site}embed.js' data-for='#comment' async></script>";
const FIELD: &str =
    "<form id=form action='sent'><textarea id=comment name=comment></textarea><button id=send>Send</button></form>";

fn one_line_in_a_blog_ends_in_scores_and_nothing_is_fetched_before_the_field_has_the_focus(kind: Kind) {
    let embedded = Embedded::served(kind, Site::serve(&dist()), &format!("{FIELD}{LINE}"));
    let Embedded { site, browser, .. } = &embedded;
    browser.wait("the script", "return document.readyState === 'complete' && window.undertoneFields !== undefined");
    // Scripts that were to run next have, when a timer has.
    browser.run("window.late = false; setTimeout(() => window.late = true, 500);");
    browser.wait("a while", "return window.late");
    assert_eq!(site.requests(""), ["/some/folder/embed.js"]);
    assert_eq!(embedded.frames(), 0);

    let native = Native::of(&dist());
    for text in [GLOWING, THREAT] {
        browser.run("document.querySelector('#comment').value = ''");
        browser.press("#comment", text);
        native.assert_agrees(text, &embedded.scores("comment"));
    }
    let verdict = embedded.event("verdict", "comment");
    assert!(verdict["present"].as_array().is_some_and(|present| present.contains(&"threat".into())), "{verdict}");
    assert_eq!(embedded.event("ready", "comment")["model"], "undertone");
    let height = browser.run("return document.querySelector('iframe').getBoundingClientRect().height");
    assert!(height.as_f64().is_some_and(|height| height > 40.0), "{height}");
    browser.enter_frame("iframe");
    let shown = browser.run("return document.querySelector('[data-label=threat]').innerText");
    assert!(shown.as_str().is_some_and(|shown| shown.contains('%')), "{shown}");
    let inner = browser.run("return document.querySelector('.gauge').getBoundingClientRect().height");
    assert!(
        (inner.as_f64().unwrap_or_default().ceil() - height.as_f64().unwrap_or_default()).abs() < 1.5,
        "{inner} {height}"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// The page's words are written in Rust and the frame's in JavaScript: somebody else's page is to wait for no second program.
#[test]
#[ignore = "needs the built site: make e2e"]
fn the_frame_says_what_the_page_says() {
    let embedded = Embedded::new(&format!("{FIELD}{LINE}"));
    let foreign = "Der Nachbar mäht schon wieder am Sonntag den Rasen, obwohl das in unserer Straße seit Jahren verboten ist und alle es wissen.";
    let unknown = "zxqv wkjh qpzx vbnm xzqk jjqw";
    let texts = [GLOWING, SCATHING, THREAT, "The food was not bad at all", "?!", unknown, foreign];
    let mut framed = Vec::new();
    for text in texts {
        embedded.browser.run("document.querySelector('#comment').value = ''");
        embedded.browser.press("#comment", text);
        embedded.scores("comment");
        let script = "const { tasks, reason } = heard.findLast(({ name }) => name === 'score').detail;
            return [reason ?? '', ...tasks.map(({ words }) => words)]";
        framed.push(embedded.browser.run(script));
    }
    let browser = Browser::start();
    open(&browser, &embedded.site.address());
    for (text, framed) in texts.into_iter().zip(framed) {
        answer_to(&browser, text);
        let shown = browser
            .run("return [...document.querySelectorAll('.reason, .task .verdict')].map((words) => words.textContent)");
        assert_eq!(shown, framed, "{text}");
    }
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn nothing_that_the_frame_runs_can_reach_another_server() {
    let embedded = Embedded::new(&format!("{FIELD}{LINE}"));
    let Embedded { blog, browser, .. } = &embedded;
    browser.press("#comment", GLOWING);
    embedded.scores("comment");
    browser.enter_frame("iframe");
    browser.run(&format!(
        "window.refused = 0; document.addEventListener('securitypolicyviolation', () => window.refused += 1); \
         fetch('{address}?by=fetch').catch(() => {{}}); new Image().src = '{address}?by=image'; navigator.sendBeacon('{address}?by=beacon')",
        address = blog.address()
    ));
    browser.wait("the browser's refusals", "return window.refused >= 3");
    assert_eq!(blog.requests("by="), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn the_frame_follows_the_theme_that_the_line_says() {
    let embedded = Embedded::new(&format!("{FIELD}{}", LINE.replace(" async", " data-theme=dark async")));
    let browser = &embedded.browser;
    browser.press("#comment", GLOWING);
    embedded.event("ready", "comment");
    let ink = |theme: &str| {
        browser.run(&format!("document.querySelector('script[data-for]').dataset.theme = '{theme}'"));
        browser.enter_frame("iframe");
        browser.wait("the theme", &format!("return document.documentElement.dataset.theme === '{theme}'"));
        let ink = browser.run("return getComputedStyle(document.body).color");
        browser.leave_frame();
        ink
    };
    assert_ne!(ink("dark"), ink("light"));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn fields_share_an_engine_which_outlives_the_field_that_had_it_first() {
    let fields = "<div id=a><textarea id=one class=c></textarea></div><div><textarea id=two class=c></textarea></div>\
                  <div><p id=three class=c contenteditable>x</p></div>";
    let embedded = Embedded::new(&format!("{fields}{}", LINE.replace("#comment", ".c")));
    let Embedded { site, browser, .. } = &embedded;
    let native = Native::of(&dist());
    for (id, text) in [("one", GLOWING), ("two", THREAT)] {
        browser.press(&format!("#{id}"), text);
        native.assert_agrees(text, &embedded.scores(id));
    }
    browser.press("#three", SCATHING);
    browser.wait("the third", "return heard.some(({ name, id }) => name === 'score' && id === 'three')");
    assert_eq!(embedded.frames(), 3);
    assert_eq!(site.requests("manifest.json").len(), 1, "each engine asks for the manifest");

    browser.run("document.querySelector('#a').remove()");
    browser.press("#two", "x");
    native.assert_agrees(&format!("{THREAT}x"), &embedded.scores("two"));
    assert_eq!(site.requests("manifest.json").len(), 2, "one of those that are left has started the next engine");
    assert_eq!(embedded.frames(), 2);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn fields_of_an_application_come_and_go() {
    let embedded = Embedded::new(&format!("<main></main>{LINE}{LINE}"));
    let Embedded { site, browser, .. } = &embedded;
    browser.wait("the script", "return window.undertoneFields !== undefined");
    for _ in 0..2 {
        browser.run("document.querySelector('main').innerHTML = '<section><textarea id=comment></textarea></section>'");
        browser.press("#comment", GLOWING);
        embedded.scores("comment");
        assert_eq!(embedded.frames(), 1, "the line stands there twice, and counts once");
        browser.run("document.querySelector('main').replaceChildren(); heard.length = 0");
    }
    // The page moves a field to another place, and takes away a frame that it does not know.
    browser.run("document.querySelector('main').innerHTML = '<section><textarea id=comment></textarea></section>'");
    browser.press("#comment", "a");
    embedded.scores("comment");
    browser.run("document.querySelector('iframe').remove(); heard.length = 0");
    browser.press("#comment", "b");
    embedded.scores("comment");
    // And a field that goes while its model is on the way is nobody's any more.
    site.fail("/models/", Fault::Status(503));
    browser.run("document.querySelector('main').innerHTML = '<textarea id=comment></textarea>'");
    browser.press("#comment", "c");
    browser.run("document.querySelector('main').replaceChildren()");
    browser.wait("no frame", "return document.querySelector('iframe') === null");
    assert_eq!(browser.run("return window.heard.some(({ detail }) => detail.kind === 'policy')"), false);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn strangers_are_not_heard() {
    let stranger = "<iframe id=stranger srcdoc=\"<script>
        window.answers = 0; window.tries = 0;
        setInterval(() => {
          for (let index = 0; index < parent.frames.length; index += 1) {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => window.answers += 1;
            parent.frames[index].postMessage({ undertone: 1, settings: { mock: '0.9' } }, '*', [port2]);
          }
          parent.postMessage({ height: 4000, event: 'score', detail: { present: ['threat'] } }, '*');
          window.tries += 1;
        }, 1);
      </script>\"></iframe>";
    let embedded = Embedded::new(&format!("{FIELD}{stranger}{LINE}"));
    let browser = &embedded.browser;
    browser.wait("the stranger", "return document.querySelector('#stranger').contentWindow.tries > 10");
    browser.press("#comment", GLOWING);
    Native::of(&dist()).assert_agrees(GLOWING, &embedded.scores("comment"));
    let height = browser.run("return document.querySelector('form iframe').getBoundingClientRect().height");
    assert!(height.as_f64().is_some_and(|height| height < 1000.0), "{height}");
    assert_eq!(browser.run("return document.querySelector('#stranger').contentWindow.answers"), 0);
    assert!(browser.run("return document.querySelector('#stranger').contentWindow.tries").as_u64() > Some(100));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn who_writes_something_marked_is_asked_once_and_never_held_up() {
    let count = "<script>window.sent = []; document.querySelector('#form').addEventListener('submit', (event) => {
        event.preventDefault(); sent.push(event.target.comment.value); });</script>";
    let embedded = Embedded::new(&format!("{FIELD}{count}{}", LINE.replace(" async", " data-nudge async")));
    let Embedded { site, browser, .. } = &embedded;
    let sent = || browser.run("return window.sent");
    let write = |text: &str| {
        browser.run("document.querySelector('#comment').value = ''");
        browser.press("#comment", text);
        embedded.scores("comment");
    };
    let button = |place: usize| {
        let found =
            "[...document.body.children].map((child) => child.shadowRoot?.querySelector('dialog[open]')).find(Boolean)";
        browser.wait("the question", &format!("return !!{found}"));
        browser.run(&format!("{found}.querySelectorAll('button')[{place}].click()"));
        browser.wait("the end of the question", &format!("return !{found}"));
    };

    write(GLOWING);
    browser.click("#send");
    assert_eq!(sent(), serde_json::json!([GLOWING]), "nothing is marked");

    write(THREAT);
    browser.click("#send");
    button(1);
    assert_eq!(sent(), serde_json::json!([GLOWING]), "it is to be edited");
    assert_eq!(browser.run("return document.activeElement.id"), "comment");
    browser.click("#send");
    assert_eq!(sent(), serde_json::json!([GLOWING, THREAT]), "asked once");

    let worse = format!("{THREAT} Again!");
    write(&worse);
    browser.click("#send");
    button(0);
    browser.wait("the form", "return window.sent.length === 3");
    assert_eq!(sent()[2], worse.as_str(), "it is posted anyway");

    // A field without a model.
    site.fail("/models/", Fault::Status(404));
    site.fail("/worker", Fault::Status(404));
    browser.open(&embedded.blog.address());
    browser.press("#comment", THREAT);
    embedded.event("error", "comment");
    browser.click("#send");
    assert_eq!(sent(), serde_json::json!([THREAT]));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_cannot_work_is_said_in_a_line_and_the_page_goes_on() {
    for (body, words) in [
        (LINE.to_owned(), "Nothing matches data-for=\"#comment\" yet"),
        (format!("<div id=comment><iframe src='about:blank'></iframe></div>{LINE}"), "in a frame of another site"),
        (format!("<p id=comment>No field.</p>{LINE}"), "is no field and has none in it"),
        (format!("{FIELD}{}", LINE.replace("#comment", "##")), "is no selector of a field"),
        (format!("{FIELD}{}", LINE.replace("data-for='#comment' async", "type=module")), "script that is no module"),
    ] {
        let site = Site::serve(&dist());
        site.fail("/embed.js", Fault::Header("Access-Control-Allow-Origin: *"));
        let embedded = Embedded::served(Kind::Chromium, site, &body);
        embedded.told(words);
        assert_eq!(embedded.frames(), u64::from(body.contains("about:blank")));
    }
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn settings_that_the_model_does_not_have_are_said() {
    for (attribute, words) in [
        ("data-task=tone", "has no task “tone”"),
        ("data-threshold=2", "is no threshold"),
        ("data-threshold='joy=0.5'", "has no label “joy”"),
        ("data-model='../x'", "is no model's name"),
        ("data-mock=often", "is nothing that a mock can do"),
    ] {
        let embedded = Embedded::new(&format!("{FIELD}{}", LINE.replace(" async", &format!(" {attribute} async"))));
        embedded.browser.press("#comment", "a");
        let error = embedded.event("error", "comment");
        assert!(error["sentence"].as_str().is_some_and(|sentence| sentence.contains(words)), "{attribute}: {error}");
    }
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_policy_or_a_server_that_is_in_the_way_is_said() {
    let policy = "<meta http-equiv=Content-Security-Policy content=\"frame-src 'self'\">";
    let embedded = Embedded::new(&format!("{policy}{FIELD}{LINE}"));
    embedded.browser.press("#comment", "a");
    let error = embedded.event("error", "comment");
    assert_eq!(error["kind"], "policy");
    assert!(
        error["sentence"].as_str().is_some_and(|sentence| sentence.contains("frame-src has to allow http://127.0.0.1"))
    );
    assert_eq!(embedded.frames(), 0);

    let embedded = Embedded::new(&format!("{FIELD}{LINE}"));
    embedded.browser.wait("the script", "return window.undertoneFields !== undefined");
    embedded.site.fail("embed.html", Fault::Status(404));
    embedded.browser.press("#comment", "a");
    let error = embedded.event("error", "comment");
    assert_eq!(error["kind"], "network");
    assert_eq!(embedded.frames(), 0);
    embedded.site.mend();
    embedded.browser.run("document.activeElement.blur()");
    embedded.browser.press("#comment", "b");
    embedded.scores("comment");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_megabyte_and_a_hundred_fields_are_no_trouble() {
    let fields: String = (0..100).map(|number| format!("<p><textarea id=f{number} class=c></textarea>")).collect();
    let embedded = Embedded::new(&format!("{fields}{}", LINE.replace("#comment", ".c")));
    let Embedded { site, browser, .. } = &embedded;
    let long = "word ".repeat(200_000);
    browser.run(&format!(
        "const field = document.querySelector('#f0'); field.focus(); field.value = '{long}'; \
                          field.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    ));
    assert_eq!(embedded.event("score", "f0")["truncated"], true);
    browser.run("for (const field of document.querySelectorAll('.c')) { field.focus(); field.value ||= 'What a lovely film.'; }");
    browser.wait(
        "all scores",
        "return new Set(heard.filter(({ name }) => name === 'score').map(({ id }) => id)).size === 100",
    );
    assert_eq!(site.requests("manifest.json").len(), 1, "each engine asks for the manifest");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn the_pinned_script_has_the_digest_that_is_said_and_a_mock_fetches_no_model() {
    let site = Site::serve(&dist());
    let pinned: Value =
        serde_json::from_str(&fs::read_to_string(dist().join("embed.json")).unwrap()).expect("it is JSON");
    site.fail("/embed", Fault::Header("Access-Control-Allow-Origin: *"));
    let line = format!(
        "<script src='{{site}}{}' integrity='{}' crossorigin=anonymous data-for='#comment' data-mock=0.9 async></script>",
        pinned["script"].as_str().unwrap(),
        pinned["integrity"].as_str().unwrap()
    );
    let embedded = Embedded::served(Kind::Chromium, site, &format!("{FIELD}{line}"));
    embedded.browser.press("#comment", "a");
    assert!(embedded.scores("comment").iter().all(|(_, _, probability)| (probability - 0.9).abs() < 1e-9));
    assert_eq!(embedded.event("verdict", "comment")["flagged"], true);
    assert_eq!(embedded.site.requests("safetensors"), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_model_that_is_pinned_is_the_one_or_none() {
    let manifest = fs::read(models(&dist()).join("manifest.json")).expect("the site has a model");
    let digest = format!("{:x}", Sha256::digest(manifest));
    let line = |id: &str, digest: &str| {
        format!(
            "<textarea id={id}></textarea><script src='{{site}}embed.js' data-for='#{id}' data-sha256={digest} async></script>"
        )
    };
    let other = "0".repeat(64);
    let meter = "<script type=module src='{site}meter.js'></script><undertone-meter for=host sha256=0 start=load></undertone-meter>";
    let page = [&line("right", &digest), &line("wrong", &other), "<textarea id=host></textarea>", meter].concat();
    let site = Site::serve(&dist());
    site.fail("", Fault::Header("Access-Control-Allow-Origin: *"));
    let embedded = Embedded::served(Kind::Chromium, site, &page);
    let browser = &embedded.browser;
    browser.run(
        "document.querySelector('undertone-meter').addEventListener('error', ({ detail }) => { window.refused = detail; })",
    );
    browser.press("#right", GLOWING);
    Native::of(&dist()).assert_agrees(GLOWING, &embedded.scores("right"));
    assert_eq!(embedded.event("ready", "right")["sha256"], Value::from(digest.clone()));
    browser.press("#wrong", GLOWING);
    let refused = embedded.event("error", "wrong");
    let sentence = refused["sentence"].as_str().expect("a sentence");
    assert_eq!(refused["kind"], "model");
    assert!(sentence.contains(&digest) && sentence.contains(&format!("is to have {other}")), "{sentence}");
    // What is no hash at all is said, too.
    browser.press("#host", GLOWING);
    let refused = browser.wait("the refusal", "return window.refused?.sentence");
    assert!(refused.as_str().is_some_and(|refused| refused.contains("64 hexadecimal digits")), "{refused}");
}

/// The names and sizes of the files in a folder.
fn files(folder: &Path) -> Vec<(String, u64)> {
    let entries = fs::read_dir(folder).expect("the folder can be listed").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.metadata().expect("it is there").len()))
        .collect()
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn who_saves_data_is_asked_first() {
    let embedded = Embedded::new(&format!("{FIELD}{}", LINE.replace(" async", " data-start=click async")));
    let Embedded { site, browser, .. } = &embedded;
    browser.press("#comment", GLOWING);
    browser.enter_frame("iframe");
    let offer = browser
        .wait("the offer", "return document.querySelector('.gauge button:not([hidden])') && document.body.innerText");
    let (weights, builds) = (files(&models(&dist())), files(&engine(&dist())));
    // Documents are for who wants to read them.
    let weights = weights.iter().filter(|(name, _)| name != "card.json");
    let fetched = weights.chain(builds.iter().filter(|(name, _)| name.starts_with(RELAXED)));
    let size = format!("{:.1} MB", fetched.map(|(_, bytes)| bytes).sum::<u64>() as f64 / 1e6);
    assert!(offer.as_str().is_some_and(|offer| offer.contains(&size)), "{size}: {offer}");
    assert_eq!(site.requests("/models/"), Vec::<String>::new());
    browser.click(".gauge button");
    browser.leave_frame();
    Native::of(&dist()).assert_agrees(GLOWING, &embedded.scores("comment"));
}
