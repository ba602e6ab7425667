//! Many texts at once: an engine scores them beside its questions, and several share them.

use std::fs;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{BASELINE, GLOWING, RELAXED, SCATHING, THREAT, copy, dist, engine, models, run_in_worker};

/// What the function body `script` returns, which has the engines at hand, some texts, and what one engine says of each.
fn with_engines(browser: &Browser, script: &str) -> Value {
    let kinds =
        json!([GLOWING, "", SCATHING, "a", THREAT, "ça alors, 100 % naïve 🙂", "All work and no play. ".repeat(20)]);
    browser.run(&format!(
        "const kinds = {kinds};
        const texts = Array.from({{ length: 60 }}, (_, i) => `${{kinds[i % kinds.length]}}${{i > 30 ? ` And ${{i}}!` : ''}}`);
        const numbers = ({{ tokens, truncated, tasks }}) => ({{
          tokens, truncated, tasks: tasks.map(({{ labels }}) => labels.map(({{ probability }}) => probability)),
        }});
        const one = async (engine) => {{
          const scores = [];
          for (const text of texts) scores.push(numbers((await engine.classify(text)).classification));
          return scores;
        }};
        const work = async ({{ Engine, Failure, Pool }}) => {{ {script} }};
        import(new URL('undertone.js', document.baseURI)).then(work)
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
        "const pool = new Pool(2);
        const [, together] = await Promise.all([pool.load(), pool.score(texts)]);
        const engine = new Engine();
        const { tasks, sha256, build } = await engine.load();
        return { together, alone: await engine.score(texts), single: await one(engine), none: await pool.score([]), tasks, sha256, build };",
    );
    assert_same(&scored["alone"], &scored["single"], 1e-4);
    assert_same(&scored["together"], &scored["single"], 1e-4);
    assert_eq!(scored["none"], json!([]));
    assert_eq!(scored["tasks"].as_array().map(Vec::len), Some(2));
    let manifest = std::fs::read(models(&dist).join("manifest.json")).unwrap();
    assert_eq!(scored["sha256"], format!("{:x}", <sha2::Sha256 as sha2::Digest>::digest(manifest)));
    assert_eq!(scored["build"], "relaxed");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn words_are_answered_only_where_they_are_asked_for() {
    let dist = dist();
    let site = Site::serve(&dist);
    let words = with_engines(
        &visit(&site),
        "const engine = new Engine();
        const marked = async (options) => {
          const [of_words] = (await engine.classify('You idiot.', options)).words;
          return of_words?.words.filter(({ probability }) => probability >= of_words.threshold).map(({ start, end }) => ({ start, end }));
        };
        return [await marked() ?? null, await marked({ words: false }) ?? null, await marked({ words: true })];",
    );
    assert_eq!(words, json!([null, null, [{ "start": 4, "end": 9 }]]));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_question_does_not_wait_for_a_list_nor_for_anybody_to_load_the_engine() {
    let dist = dist();
    let site = Site::serve(&dist);
    let order = with_engines(
        &visit(&site),
        "const engine = new Engine();
        const order = [];
        const lists = ['first list', 'second list'].map((name) => engine.score(texts).then(() => order.push(name)));
        const cancelled = new AbortController();
        const third = engine.score(texts, { signal: cancelled.signal }).catch(({ name }) => order.push(name));
        await engine.load();
        await engine.classify(kinds[0]).then(() => order.push('question'));
        cancelled.abort();
        await Promise.all([...lists, third]);
        return order;",
    );
    assert_eq!(order, json!(["question", "AbortError", "first list", "second list"]));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_text_that_an_engine_dies_of_is_set_aside_and_half_a_character_is_no_reason_to() {
    let copy = copy(&dist());
    // What a trap for lack of memory looks like from outside.
    run_in_worker(
        copy.path(),
        "addEventListener('message', (event) => {
          if (!event.data.includes('a deadly text')) return;
          event.stopImmediatePropagation();
          setTimeout(() => { throw new RangeError('no memory left'); });
        });",
    );
    let site = Site::serve(copy.path());
    let scored = with_engines(
        &visit(&site),
        "const engine = new Engine();
        const single = await one(engine);
        const pool = new Pool(2);
        const mixed = [...texts.slice(0, 20), 'a deadly text', 'nice \\ud83d', ...texts.slice(20)];
        const outcomes = await pool.score(mixed);
        const [deadly, half] = outcomes.splice(20, 2);
        return { single, outcomes, deadly: [deadly instanceof Failure, deadly.message], half: half.tokens, engines: pool.size };",
    );
    // Who takes over may be the other build.
    assert_same(&scored["outcomes"], &scored["single"], 1e-3);
    assert_eq!(scored["deadly"][0], json!(true));
    assert!(scored["deadly"][1].as_str().is_some_and(|reason| reason.contains("no memory left")), "{scored}");
    assert_eq!((&scored["half"], &scored["engines"]), (&json!(3), &json!(2)));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_an_engine_does_not_understand_is_refused_and_nothing_else() {
    let dist = dist();
    let site = Site::serve(&dist);
    let outcomes = with_engines(
        &visit(&site),
        "const engine = new Engine();
        await engine.load();
        const refused = await engine.score([7].map((text) => ({ replace: () => text, length: 1 }))).catch(({ kind }) => kind);
        return [refused, (await engine.score(['a fine day'])).length];",
    );
    assert_eq!(outcomes, json!(["text", 1]));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn where_no_engine_can_be_had_a_list_says_so() {
    let dist = dist();
    let copy = copy(&dist);
    for build in [RELAXED, BASELINE] {
        fs::remove_file(engine(copy.path()).join(format!("{build}.js"))).expect("the engine can be removed");
    }
    let site = Site::serve(copy.path());
    let reason =
        with_engines(&visit(&site), "return new Pool(2).score(texts).catch(({ kind, message }) => [kind, message]);");
    assert_eq!(reason[0], json!("build"));
    assert!(reason[1].as_str().is_some_and(|reason| reason.contains("worker.js is not on the server")), "{reason}");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_is_stopped_while_it_loads_loads_nothing_more() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = visit(&site);
    let reasons = with_engines(
        &browser,
        "const pool = new Pool(4);
        const loading = pool.load();
        pool.stop();
        const again = pool.load();
        const reasons = await Promise.all([loading, again].map((load) => load.catch(({ name }) => name)));
        // A later engine's answer comes after all that the stopped ones could still do.
        const engine = new Engine();
        await engine.classify('a');
        return reasons;",
    );
    assert_eq!(reasons, json!(["AbortError", "AbortError"]));
    let engines = site.requests(&format!("{RELAXED}_bg.wasm")).len();
    assert!(engines <= 2, "{engines} engines were loaded");
}
