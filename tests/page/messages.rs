//! Messages to the frame of a field, of any kind: whoever has the frame in their page can send it what they like.

use serde_json::json;

use crate::driver::Kind;
use crate::embed::Embedded;
use crate::site::Site;
use crate::support::{GLOWING, Native, Reading, dist};

/// A page that has the frame by itself and speaks to it: first nonsense, then as `embed.js` does, then nonsense again by the port that it got.
const PAGE: &str = r#"<iframe src="{site}embed.html"></iframe><script>
    let seed = 1;
    const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
    const pick = (...values) => values[random(values.length)];
    const text = () => pick("", "you idiot", "\ud83d", "\0", "x".repeat(random(50000)), "<img src=x onerror=parent.postMessage(1)>", "1", "dark");
    const value = (depth = 0) => pick(
      () => undefined, () => null, () => random(2) === 1, () => pick(0, -1, 1, 2, NaN, Infinity, 1e300, random(100)), text, () => 10n ** 30n,
      () => new Date(NaN), () => new Uint8Array(random(1000)), () => new Map([[value(3), 1]]), () => new Blob(["a"]), () => /a/, () => new Error("no"),
      () => (depth > 2 ? [] : Array.from({ length: random(5) }, () => value(depth + 1))),
      () => (depth > 2 ? {} : Object.fromEntries(Array.from({ length: random(6) }, () => [key(), value(depth + 1)]))),
    )();
    const key = () => pick("undertone", "settings", "text", "sequence", "theme", "task", "threshold", "mock", "start", "height", "event", "__proto__", "constructor", "then");
    window.heard = [];
    const frame = document.querySelector("iframe");
    frame.onload = () => {
      for (let turn = 0; turn < 500; turn += 1) {
        const message = value();
        // What says a version and has a port with it is a beginning.
        const ports = typeof message?.undertone === "number" ? [] : [new MessageChannel().port2];
        frame.contentWindow.postMessage(message, "*", ports);
      }
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => heard.push(data);
      frame.contentWindow.postMessage({ undertone: 1, settings: {}, theme: value() }, "*", [port2]);
      for (let turn = 0; turn < 2000; turn += 1) port1.postMessage(value());
      window.say = (text, sequence) => port1.postMessage({ text, sequence });
    };
</script>"#;

#[test]
#[ignore = "needs the built site: make e2e"]
fn messages_of_any_kind_do_not_keep_a_frame_from_its_text() {
    let embedded = Embedded::served(Kind::Chromium, Site::serve(&dist()), PAGE);
    let browser = &embedded.browser;
    browser.wait("the frame", "return window.say !== undefined");
    browser.run(&format!("window.say({}, 12345)", json!(GLOWING)));
    let scores = browser.wait(
        "scores",
        "const found = heard.findLast(({ event, sequence, detail }) => event === 'score' && sequence === 12345 && detail.precise);
         return found?.detail.tasks.flatMap(({ task, labels }) => labels.map(({ label, probability }) => [task, label, probability]))",
    );
    let reading: Reading = serde_json::from_value(scores).expect("a list of task, label and probability");
    Native::of(&dist()).assert_agrees(GLOWING, &reading);
    let heights = browser.run("return heard.filter(({ height }) => height > 1000).length");
    assert_eq!(heights, 0, "the frame has grown with what it was sent");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
