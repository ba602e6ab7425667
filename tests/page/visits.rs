//! What a visit leaves for the next one.

use std::time::Duration;

use undertone::bundle::{TOKENIZER, WEIGHTS};

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{GLOWING, Native, answer_to, dist, open};

#[test]
fn a_second_visit_fetches_no_model() {
    let Some(dist) = dist() else { return };
    let site = Site::serve(&dist);
    let browser = Browser::start();
    for _ in 0..2 {
        open(&browser, &site.address());
        answer_to(&browser, GLOWING);
        // What is kept is written after the model is ready, in the browser's own time.
        std::thread::sleep(Duration::from_secs(2));
    }
    assert_eq!(site.requests(WEIGHTS).len(), 1);
    assert_eq!(site.requests("manifest.json").len(), 2);
}

#[test]
fn what_was_kept_and_is_damaged_is_fetched_again() {
    let Some(dist) = dist() else { return };
    let site = Site::serve(&dist);
    let browser = Browser::start();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    std::thread::sleep(Duration::from_secs(2));
    browser.run(
        "const damage = async (store, request) => {
          const bytes = new Uint8Array(await (await store.match(request)).arrayBuffer());
          bytes[bytes.length >> 1] ^= 1;
          await store.put(request, new Response(bytes));
        };
        const damageAll = async (name) => {
          const store = await caches.open(name);
          return Promise.all((await store.keys()).map((request) => damage(store, request)));
        };
        caches.keys().then((names) => Promise.all(names.map(damageAll))).then((damaged) => window.damaged = damaged.flat().length)",
    );
    assert_eq!(browser.wait("the damage", "return window.damaged"), 2);
    open(&browser, &site.address());
    Native::of(&dist).assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
    assert_eq!((site.requests(WEIGHTS).len(), site.requests(TOKENIZER).len()), (2, 2));
}
