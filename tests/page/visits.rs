//! What a visit leaves for the next one.

use std::time::Duration;

use undertone::bundle::WEIGHTS;

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{GLOWING, answer_to, dist, open};

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
