//! What the shipped model says of a text: cargo run --release --example classify "I love it"

use undertone::classify::Classifier;

fn main() -> undertone::Result<()> {
    let text = std::env::args().nth(1).unwrap_or_else(|| "I have seldom laughed so much.".to_owned());
    for task in Classifier::read("public/models/undertone")?.classify(&text)?.tasks {
        for label in task.labels {
            println!("{} {}: {:.3}", task.task, label.label, label.probability);
        }
    }
    Ok(())
}
