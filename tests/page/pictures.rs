//! How the page looks.

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use serde_json::json;

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{GLOWING, THREAT, answer_to, dist, open};

/// Not a test of anything by itself: takes pictures of the page, if `UNDERTONE_PICTURES` names a folder for them.
#[test]
fn looks_like_this() {
    let (Some(dist), Some(pictures)) = (dist(), env::var_os("UNDERTONE_PICTURES").map(PathBuf::from)) else { return };
    let site = Site::serve(&dist);
    let browser = Browser::start();
    for (device, width, height) in [("desktop", 1280, 800), ("phone", 390, 844)] {
        for scheme in ["light", "dark"] {
            let phone = device == "phone";
            browser.chromium(
                "Emulation.setDeviceMetricsOverride",
                &json!({ "width": width, "height": height, "deviceScaleFactor": if phone { 2 } else { 1 }, "mobile": phone }),
            );
            let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            browser.chromium("Emulation.setEmulatedMedia", &json!({ "features": features }));
            open(&browser, &site.address());
            answer_to(&browser, if phone { THREAT } else { GLOWING });
            std::thread::sleep(Duration::from_millis(500));
            let sideways = browser.run("return document.documentElement.scrollWidth > innerWidth");
            assert_eq!(sideways, json!(false), "{device} scrolls sideways");
            let picture =
                browser.chromium("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": true }));
            let data = picture["data"].as_str().expect("a picture comes as base64");
            let target = pictures.join(format!("{device}-{scheme}.png.base64"));
            fs::write(target, data).expect("the picture can be written");
        }
    }
}
