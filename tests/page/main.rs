//! The whole page in a real browser: real key presses in, numbers read off the page, and the native engine to compare with.
//!
//! `make e2e` builds the site and runs this; it needs `UNDERTONE_DIST`, the folder with the built site, chromedriver and more. Without
//! them these tests are ignored, which `cargo test` says of each.
//! The site is served as a static host would serve it, from a folder rather than the root. No test asserts a speed.
#![cfg(not(target_arch = "wasm32"))]

/// Has tests that are told whose browser to take run in each, under a name for each.
macro_rules! in_all_browsers {
    ($($name:ident),+ $(,)?) => { $(
        mod $name {
            use crate::driver::Kind;

            #[test]
            #[ignore = "needs the built site: make e2e"]
            fn chromium() {
                super::$name(Kind::Chromium);
            }

            #[test]
            #[ignore = "needs the built site and Firefox: make e2e"]
            fn firefox() {
                super::$name(Kind::Firefox);
            }

            #[test]
            #[ignore = "needs the built site and WebKitGTK: make e2e"]
            fn webkit() {
                super::$name(Kind::WebKit);
            }
        }
    )+ };
}

mod accessibility;
mod answers;
mod bench;
mod browser;
mod builds;
mod card;
mod columns;
mod deciding;
mod driver;
mod embed;
mod failures;
mod files;
mod hosts;
mod http;
mod input;
mod keeping;
mod leftovers;
mod lists;
mod marks;
mod memory;
mod messages;
mod meter;
mod offline;
mod own;
mod perspective;
mod pictures;
mod privacy;
mod settings;
mod site;
mod soak;
mod support;
mod visits;
