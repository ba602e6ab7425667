//! How the page looks.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;
use crate::columns::toggle;
use crate::files::{choose, comments, file, wait_until_scored};
use crate::own::{bundle, take, wait_for_own};
use crate::site::Site;
use crate::support::{GLOWING, THREAT, answer_to, dist, folder_of, open};

/// Leaves pictures of the page in the folder that `UNDERTONE_PICTURES` names. All that is held against them is that nothing is
/// wider than the screen.
#[test]
#[ignore = "needs the built site: make e2e"]
fn looks_like_this() {
    let (dist, pictures) = (dist(), folder_of("UNDERTONE_PICTURES"));
    fs::create_dir_all(&pictures).expect("the folder can be made");
    let site = Site::serve(&dist);
    let browser = Browser::start();
    let mut rows = 60;
    let (_parent, own) = bundle("mail");
    for (device, width, height) in [("desktop", 1280, 800), ("phone", 390, 844)] {
        for scheme in ["light", "dark"] {
            let phone = device == "phone";
            browser.chromium(
                "Emulation.setDeviceMetricsOverride",
                &json!({ "width": width, "height": height, "deviceScaleFactor": if phone { 1.5 } else { 1.0 }, "mobile": phone }),
            );
            let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            browser.chromium("Emulation.setEmulatedMedia", &json!({ "features": features }));
            open(&browser, &site.address());
            answer_to(&browser, if phone { THREAT } else { GLOWING });
            std::thread::sleep(Duration::from_millis(500));
            photograph(&browser, &pictures.join(format!("{device}-{scheme}.png")));
            browser.open(&format!("{}#/file", site.address()));
            browser.wait("the view of files", "return document.querySelector('#file')?.checkVisibility()");
            for (view, ready) in [("model", "#card"), ("settings", "#reset-thresholds")] {
                browser.open(&format!("{}#/{view}", site.address()));
                browser.wait(ready, &format!("return document.querySelector('{ready}')?.checkVisibility()"));
                photograph(&browser, &pictures.join(format!("{view}-{device}-{scheme}.png")));
            }
            browser.open(&format!("{}#/file", site.address()));
            browser.wait("the view of files", "return document.querySelector('#file')?.checkVisibility()");
            // Another file each time: the same one would be asked about.
            rows += 1;
            let (_folder, path) = file("comments.csv", comments(rows));
            choose(&browser, &path);
            wait_until_scored(&browser);
            browser.click("#rows [data-row='2']");
            browser.wait("the panel", "return document.querySelector('#reveal') !== null");
            browser.run("scrollTo(0, 0)");
            photograph(&browser, &pictures.join(format!("file-{device}-{scheme}.png")));
            browser.run("document.querySelector('.desk').scrollIntoView()");
            photograph(&browser, &pictures.join(format!("file-row-{device}-{scheme}.png")));
            toggle(&browser, 2);
            toggle(&browser, 0);
            browser.run("document.querySelector('#others').scrollIntoView()");
            photograph(&browser, &pictures.join(format!("file-columns-{device}-{scheme}.png")));
            browser.run("document.querySelector('.panel').scrollIntoView()");
            photograph(&browser, &pictures.join(format!("file-panel-{device}-{scheme}.png")));
            open(&browser, &site.address());
            take(&browser, "#own-folder", &own);
            wait_for_own(&browser, "mail");
            answer_to(&browser, GLOWING);
            photograph(&browser, &pictures.join(format!("own-{device}-{scheme}.png")));
            browser.run("document.querySelector('#own-choice').open = true; document.querySelector('#own-choice').scrollIntoView()");
            photograph(&browser, &pictures.join(format!("own-choice-{device}-{scheme}.png")));
        }
    }
    browser.open(&format!("{}bench.html?rounds=1&texts=32", site.address()));
    browser.click("#measure");
    browser.wait("the end", "return document.querySelector('#status').innerText === 'Done.'");
    photograph(&browser, &pictures.join("bench-phone-dark.png"));
}

fn photograph(browser: &Browser, picture: &Path) {
    let sideways = browser.run("return document.documentElement.scrollWidth > innerWidth");
    assert_eq!(sideways, json!(false), "{} scrolls sideways", picture.display());
    let taken = browser.chromium("Page.captureScreenshot", &json!({ "format": "png" }));
    let taken = decode(taken["data"].as_str().expect("a picture comes as base64"));
    fs::write(picture, taken).expect("the picture can be written");
}

/// Reads base64: four letters are three bytes, the last ones of which may be missing.
fn decode(base64: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let values: Vec<u32> = base64
        .bytes()
        .filter_map(|letter| LETTERS.iter().position(|known| *known == letter))
        .map(|position| position as u32)
        .collect();
    let bytes = values.chunks(4).flat_map(|group| {
        let bits = group.iter().enumerate().fold(0, |bits, (place, value)| bits | value << (18 - 6 * place));
        bits.to_be_bytes().into_iter().skip(1).take(group.len() - 1)
    });
    bytes.collect()
}
