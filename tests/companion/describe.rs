//! What the page is to say of a bundle.

use std::fs;
use std::path::Path;

use undertone::bundle::{Bundle, Display};

use crate::support::{complain, succeed};

#[test]
fn a_bundle_is_described_and_nothing_else_of_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("public/models/undertone");
    fs::create_dir(folder.join("bundle")).unwrap();
    for file in fs::read_dir(&shipped).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), folder.join("bundle").join(file.file_name())).unwrap();
    }
    let describe = ["describe", "--bundle", "bundle", "--from", "page.toml"];
    let write = |content: &str| fs::write(folder.join("page.toml"), content).unwrap();
    write(
        "description = \"Of mails.\"\n[[examples]]\nname = \"A kind one\"\ntext = \"Thank you!\"\n[tasks.sentiment]\n\
        display = { scale = { low = \"cold\", high = \"warm\" } }\n",
    );
    succeed(folder, &describe);
    let [before, after] = [&shipped, &folder.join("bundle")].map(|folder| Bundle::read(folder).unwrap().manifest);
    assert_eq!((&after.description[..], &after.examples[0].text[..]), ("Of mails.", "Thank you!"));
    assert!(
        matches!(&after.tasks[0].display, Display::Scale(scale) if scale.high == "warm" && scale.middle == "neutral")
    );
    assert_eq!(after.tasks[0].labels, before.tasks[0].labels);
    assert_eq!((&after.tasks[1..], &after.files), (&before.tasks[1..], &before.files));

    let described = fs::read(folder.join("bundle/manifest.json")).unwrap();
    for (content, expected) in [
        ("[tasks.sentimant]\n", "there is no task \"sentimant\""),
        ("descripton = \"x\"\n", "unknown field `descripton`"),
        ("[tasks.toxicity]\ndisplay = { scale = { low = \"a\", high = \"b\" } }\n", "toxicity"),
        ("[[examples]]\nname = \"\"\ntext = \"x\"\n", "has no name or no text"),
    ] {
        write(content);
        let said = complain(folder, &describe);
        assert!(said.contains(expected), "expected {expected:?} in {said:?}");
    }
    assert_eq!(fs::read(folder.join("bundle/manifest.json")).unwrap(), described);
}
