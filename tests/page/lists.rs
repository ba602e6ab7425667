//! Many texts at once: an engine scores them beside its questions, and several share them.

use std::fs;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{BASELINE, GLOWING, RELAXED, SCATHING, THREAT, copy, dist};

/// What the function body `script` returns, which has the engines at hand, some texts, and what one engine says of each.
fn with_engines(browser: &Browser, script: &str) -> Value {
    let kinds =
        json!([GLOWING, "", SCATHING, "a", THREAT, "ça alors, 100 % naïve 🙂", "All work and no play. ".repeat(20)]);
    browser.run(&format!(
        "const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
        const kinds = {kinds};
        const texts = Array.from({{ length: 60 }}, (_, i) => `${{kinds[i % kinds.length]}}${{i > 30 ? ` And ${{i}}!` : ''}}`);
        const numbers = ({{ tokens, truncated, tasks }}) => ({{
          tokens, truncated, tasks: tasks.map(({{ labels }}) => labels.map(({{ probability }}) => probability)),
        }});
        const one = async (engine) => {{
          const scores = [];
          for (const text of texts) scores.push(numbers((await engine.classify(text)).classification));
          return scores;
        }};
        const work = async ({{ Engine, Pool }}) => {{ {script} }};
        import(new URL('engines.js', document.baseURI)).then(work)
          .then((value) => window.outcome = {{ value }}, (reason) => window.outcome = {{ reason: String(reason) }})"
    ));
    let outcome = browser.wait("the engines", "return window.outcome");
    assert_eq!(outcome["reason"], Value::Null);
    outcome["value"].clone()
}

fn visit(site: &Site) -> Browser {
    let browser = Browser::start();
    // A page without an engine of its own, with the same policy.
    browser.open(&format!("{}bench.html", site.address()));
    browser
}

/// The numbers of each text's tokens, and all probabilities.
fn read(scores: &Value) -> Vec<(u64, Vec<f64>)> {
    let probabilities = |tasks: &Value| {
        let tasks = tasks.as_array().expect("tasks").iter();
        tasks.flat_map(|labels| labels.as_array().expect("labels")).filter_map(Value::as_f64).collect()
    };
    let scores = scores.as_array().expect("a list of scores").iter();
    scores.map(|score| (score["tokens"].as_u64().expect("tokens"), probabilities(&score["tasks"]))).collect()
}

/// Fails unless both have the same texts, scored alike.
fn assert_same(scores: &Value, expected: &Value, tolerance: f64) {
    let (scores, expected) = (read(scores), read(expected));
    assert_eq!((scores.len(), expected.len()), (60, 60));
    for (place, ((tokens, scores), (expected_tokens, expected))) in scores.into_iter().zip(expected).enumerate() {
        assert_eq!(tokens, expected_tokens, "text {place} has as many tokens");
        assert_eq!((scores.len(), expected.len()), (7, 7));
        let apart = scores.iter().zip(&expected).map(|(score, expected)| (score - expected).abs()).fold(0.0, f64::max);
        assert!(apart < tolerance, "text {place}: {scores:?} instead of {expected:?}");
    }
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn engines_score_a_list_as_one_engine_scores_its_texts() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = visit(&site);
    let scored = with_engines(
        &browser,
        "const pool = new Pool('./', 2);
        const [, together] = await Promise.all([pool.load(), pool.score(texts)]);
        const engine = new Engine('./');
        const { tasks } = await engine.load();
        return { together, alone: await engine.score(texts), single: await one(engine), none: await pool.score([]), tasks };",
    );
    assert_same(&scored["alone"], &scored["single"], 1e-4);
    assert_same(&scored["together"], &scored["single"], 1e-4);
    assert_eq!(scored["none"], json!([]));
    assert_eq!(scored["tasks"].as_array().map(Vec::len), Some(2));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn words_are_answered_only_where_they_are_asked_for() {
    let dist = dist();
    let site = Site::serve(&dist);
    let words = with_engines(
        &visit(&site),
        "const engine = new Engine('./');
        await engine.load();
        const marked = async (...wish) => {
          const [of_words] = (await engine.classify('You idiot.', ...wish)).classification.words;
          return of_words?.words.filter(({ probability }) => probability >= of_words.threshold).map(({ bytes }) => bytes);
        };
        return [await marked() ?? null, await marked(false) ?? null, await marked(true)];",
    );
    assert_eq!(words, json!([null, null, [{ "start": 4, "end": 9 }]]));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_question_does_not_wait_for_a_list() {
    let dist = dist();
    let site = Site::serve(&dist);
    let order = with_engines(
        &visit(&site),
        "const engine = new Engine('./');
        await engine.load();
        const order = [];
        const lists = ['first list', 'second list'].map((name) => engine.score(texts).then(() => order.push(name)));
        await pause(50);
        await engine.classify(kinds[0]).then(() => order.push('question'));
        await Promise.all(lists);
        return order;",
    );
    assert_eq!(order, json!(["question", "first list", "second list"]));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_is_asked_of_an_engine_while_it_loads_is_answered_once_it_can() {
    let dist = dist();
    let site = Site::serve(&dist);
    let order = with_engines(
        &visit(&site),
        "const engine = new Engine('./');
        const order = [];
        const loaded = engine.load().then(() => order.push('loaded'));
        await engine.hear('Started');
        const list = engine.score(texts).then((scores) => order.push(scores.length));
        const question = engine.classify(kinds[0]).then(() => order.push('question'));
        await Promise.all([loaded, list, question]);
        return order;",
    );
    assert_eq!(order, json!(["loaded", "question", 60]));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_a_broken_engine_had_to_do_is_done_again() {
    let dist = dist();
    let site = Site::serve(&dist);
    let scored = with_engines(
        &visit(&site),
        "const fail = (seat) => seat.engine.worker.dispatchEvent(new ErrorEvent('error', { message: 'no memory left' }));
        const engine = new Engine('./');
        await engine.load();
        const single = await one(engine);
        const pool = new Pool('./', 2);
        await pool.load();
        const list = pool.score(texts);
        await pause(50);
        fail(pool.seats[1]);
        const replaced = { scores: await list, engines: pool.size };
        const again = pool.score(texts);
        await pause(50);
        fail(pool.seats[1]);
        const given_up = { scores: await again, engines: pool.size };
        const last = pool.score(texts);
        await pause(50);
        fail(pool.seats[0]);
        await pause(0);
        await pool.seats[0].load();
        fail(pool.seats[0]);
        return { single, replaced, given_up, last: await last.catch((reason) => reason.message) };",
    );
    // Who takes over is the other build, which rounds otherwise.
    for (name, engines) in [("replaced", 2), ("given_up", 1)] {
        assert_same(&scored[name]["scores"], &scored["single"], 0.04);
        assert_eq!(scored[name]["engines"], json!(engines));
    }
    assert_eq!(scored["last"], json!("no memory left"));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn where_no_engine_can_be_had_a_list_says_so() {
    let dist = dist();
    let copy = copy(&dist);
    for build in [RELAXED, BASELINE] {
        fs::remove_file(copy.path().join(format!("{build}.js"))).expect("the engine can be removed");
    }
    let site = Site::serve(copy.path());
    let reason =
        with_engines(&visit(&site), "return new Pool('./', 2).score(texts).catch((reason) => reason.message);");
    assert_eq!(reason, json!("The engine could not be fetched: worker.js does not arrive from the server."));
}
