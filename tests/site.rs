//! What `trunk build --release` left in the folder that `UNDERTONE_DIST` names: `make e2e` builds it and runs this.
#![cfg(not(target_arch = "wasm32"))]

use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};
use undertone::bundle::{Bundle, FileEntry};
use wasmparser::{Parser, Payload, Result};

/// The built site.
///
/// # Panics
/// `UNDERTONE_DIST` does not name it.
fn site() -> PathBuf {
    env::var_os("UNDERTONE_DIST").expect("UNDERTONE_DIST names the built site, as make e2e sees to").into()
}

/// All files in `folder` and the folders below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("UNDERTONE_DIST names the built site");
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// How many vector instructions a module holds.
#[derive(Debug, Default, PartialEq)]
struct Vectors {
    /// Those of SIMD as every current browser has it.
    simd: usize,
    /// Those of relaxed SIMD, for which Safari refuses the whole module.
    relaxed: usize,
}

impl Vectors {
    fn of(module: &[u8]) -> Result<Self> {
        /// Vector instructions are this byte and then a number.
        const PREFIX: u8 = 0xfd;
        /// From this number on they are relaxed.
        const RELAXED: u32 = 0x100;

        let mut found = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            let Payload::CodeSectionEntry(function) = payload? else { continue };
            let mut operators = function.get_operators_reader()?;
            while !operators.eof() {
                let mut code = operators.get_binary_reader();
                if code.read_u8()? == PREFIX {
                    match code.read_var_u32()? {
                        RELAXED.. => found.relaxed += 1,
                        _ => found.simd += 1,
                    }
                }
                operators.read()?;
            }
        }
        Ok(found)
    }
}

#[test]
fn vectors_are_told_apart() {
    // (func (drop (i8x16.relaxed_swizzle (i8x16.splat (i32.const 0xfd)) (i8x16.splat (i32.const 0)))))
    let module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x11\x01\x0f\0\x41\xfd\x01\xfd\x0f\x41\0\xfd\x0f\xfd\x80\x02\x1a\x0b";
    assert_eq!(Vectors::of(module).unwrap(), Vectors { simd: 2, relaxed: 1 });
}

/// Whatever page it is that sees a text, the browser lets it reach nobody. Only the page itself has frames, and a manifest.
#[test]
fn all_pages_have_the_same_policy() {
    let policy = |page: &str| {
        let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("the page can be read");
        let line = page.lines().find(|line| line.contains("http-equiv=\"Content-Security-Policy\"")).map(str::to_owned);
        line.expect("the page has a policy")
    };
    let without_frames = policy("index.html").replace(" manifest-src 'self'; frame-src 'self';", "");
    for page in ["bench.html", "embed.html"] {
        assert_eq!(policy(page), without_frames, "{page}");
    }
    // The hidden page may start the service worker, and nobody can type there.
    let hidden = policy("offline.html");
    for directive in ["default-src 'none'", "script-src 'self';", "worker-src 'self';", "connect-src 'self';"] {
        assert!(hidden.contains(directive), "{directive}");
    }
}

/// What is asked for by one address in all versions. Of the models each file is asked for with its hash behind a `?`.
const ONE_ADDRESS: [&str; 11] = [
    "index.html",
    "bench.html",
    "embed.html",
    "offline.html",
    "sw.js",
    "manifest.webmanifest",
    "embed.js",
    "embed.json",
    "undertone.js",
    "meter.js",
    "measure.js",
];

#[test]
#[ignore = "needs the built site: make e2e"]
fn all_other_files_have_their_content_in_their_names() {
    let site = site();
    let has_hash = |part: &str| {
        let hash = part.rsplit_once('-').map(|(_, rest)| rest.split(['.', '_']).next().unwrap_or_default());
        hash.is_some_and(|hash| (14..=16).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let names = files(&site).into_iter().map(|path| path.strip_prefix(&site).unwrap().to_string_lossy().into_owned());
    let nameless: Vec<String> = names
        .filter(|name| !ONE_ADDRESS.contains(&&name[..]) && !name.starts_with("models/"))
        .filter(|name| !name.split('/').any(has_hash))
        .collect();
    assert_eq!(nameless, Vec::<String>::new());
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = bytes.chunks(3).flat_map(|group| {
        let bits = (0..3).fold(0, |bits, place| bits << 8 | group.get(place).map_or(0, |byte| usize::from(*byte)));
        (0..4).map(
            move |place| if place > group.len() { '=' } else { char::from(LETTERS[bits >> (18 - 6 * place) & 63]) },
        )
    });
    letters.collect()
}

/// The list that `scripts/site` has written into the service worker: addresses and digests.
fn listed(site: &Path) -> serde_json::Map<String, serde_json::Value> {
    let script = fs::read_to_string(site.join("sw.js")).expect("the site has a service worker");
    let (_, rest) = script.split_once("const FILES = {").expect("it has a list");
    let list = rest.split('}').next().unwrap().trim_end_matches(',');
    serde_json::from_str(&format!("{{{list}}}")).expect("the list is JSON but for its last comma")
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn the_service_worker_lists_what_the_page_needs_as_it_is() {
    let site = site();
    let listed = listed(&site);
    let index = fs::read_to_string(site.join("index.html")).unwrap();
    let named =
        index.split(['"', '\'']).filter_map(|part| part.strip_prefix("./")).filter(|name| !name.ends_with(".png"));
    for name in named {
        assert!(listed.contains_key(if name.is_empty() { "./" } else { name }), "{name} is not listed");
    }
    for (name, digest) in &listed {
        let content =
            fs::read(site.join(if name == "./" { "index.html" } else { name })).expect("what is listed is there");
        match digest.as_str().unwrap() {
            "" => assert!(name == "./" || name == "offline.html", "{name} has no digest"),
            digest => assert_eq!(digest, format!("sha256-{}", base64(&Sha256::digest(&content))), "{name}"),
        }
    }
    // The model is kept by the engine, and not twice; of pages of others nothing is kept.
    assert!(listed.keys().all(|name| !name.starts_with("models/") && !name.contains("embed") && name != "bench.html"));
}

/// On hosts that send no policy none binds it. So it is given nothing to tell, and has no way to tell it.
#[test]
#[ignore = "needs the built site: make e2e"]
fn the_service_worker_hears_of_requests_alone_and_reaches_nobody() {
    let script = fs::read_to_string(site().join("sw.js")).expect("the site has a service worker");
    let heard: Vec<&str> =
        script.split("addEventListener(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(heard, ["install", "activate", "fetch"]);
    for word in
        ["onfetch", "essage", "Channel", "sync(", "push", "http", "import", "WebSocket", "Beacon", "self", "globalThis"]
    {
        assert!(!script.contains(word), "{word}");
    }
    // What it fetches are names of its list, and requests as they have come.
    let fetched: Vec<&str> =
        script.split("fetch(").skip(1).map(|rest| rest.split([',', ')']).next().unwrap()).collect();
    assert!(fetched.iter().all(|what| ["name", "request"].contains(what)), "{fetched:?}");
    let probe = |script: &str| {
        script
            .split_once("PROBE = [")
            .map(|(_, rest)| rest.split(']').next().unwrap().split_whitespace().collect::<String>())
    };
    let boot = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("web/boot.js")).unwrap();
    assert_eq!(probe(&script), probe(&boot), "both tell by the same module which build a browser runs");
}

/// Pages of others wait for it.
#[test]
#[ignore = "needs the built site: make e2e"]
fn what_others_embed_is_small_and_has_its_content_in_its_name() {
    let site = site();
    let script = fs::read(site.join("embed.js")).expect("the site has embed.js");
    assert!(script.len() < 16_000, "{} bytes", script.len());
    assert!(!String::from_utf8_lossy(&script).contains("import "), "it is one file");
    let pinned: serde_json::Value = serde_json::from_slice(&fs::read(site.join("embed.json")).unwrap()).unwrap();
    assert_eq!(fs::read(site.join(pinned["script"].as_str().unwrap())).unwrap(), script);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn both_engines_are_vectorised_and_one_runs_in_safari_too() {
    const RELAXED: &str = "worker_relaxed_bg.wasm";
    let dist = site();
    let mut engines = Vec::new();
    for path in files(&dist) {
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let vectors = Vectors::of(&fs::read(&path).unwrap()).unwrap();
        println!("{name}: {vectors:?}");
        match name.as_str() {
            RELAXED => assert!(vectors.relaxed >= 100, "{name} has only {} relaxed instructions", vectors.relaxed),
            _ => assert_eq!(vectors.relaxed, 0, "{name} has relaxed SIMD, which Safari refuses"),
        }
        if name.starts_with("worker") {
            assert!(
                vectors.simd >= 1000,
                "{name} has only {} vector instructions: was it built with .cargo/config.toml's target features?",
                vectors.simd
            );
            engines.push(name);
        }
    }
    engines.sort();
    assert_eq!(engines, ["worker_bg.wasm", RELAXED]);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn the_model_is_whole() {
    let dist = site();
    let bundle = Bundle::read(dist.join("models/undertone")).unwrap();
    // Both hashes of each, since the browser checks the other one.
    assert_eq!(bundle.manifest.files.weights, FileEntry::of(&bundle.weights));
    assert_eq!(bundle.manifest.files.tokenizer, FileEntry::of(&bundle.tokenizer));
}
