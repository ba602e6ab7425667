//! A browser that is done with leaves nothing on the disk.

use std::fs;

use crate::browser::Browser;
use crate::driver::Kind;

in_all_browsers!(nothing_of_a_browser_is_left_behind);

fn nothing_of_a_browser_is_left_behind(kind: Kind) {
    let browser = Browser::of(kind);
    let home = browser.home().to_owned();
    // WebKit keeps nothing of a visit that a driver pays.
    let is_empty = fs::read_dir(&home).expect("its folder can be read").next().is_none();
    assert!(!is_empty || kind == Kind::WebKit, "the profile of {kind:?} lies elsewhere");
    drop(browser);
    assert!(!home.exists(), "{} is still there", home.display());
}
