//! Sentences to try a model on: for each of the two well-known tasks some that are easy, and some that are not.
//!
//! They are of the kinds that demonstrations of such models use: praise, blame, a judgement in between and sarcasm for
//! reviews; insults, a threat (a line of the film "Taken") and politeness for comments.

const SENTIMENT: [&str; 5] = [
    "A wonderful film: the cast is brilliant, the story moved me to tears, and I would watch it again tonight.",
    "Two hours of my life that I will never get back. The plot makes no sense and the acting is terrible.",
    "The first half is gripping, but the ending falls flat.",
    "It is not the masterpiece that the critics promised, yet I was never bored and left in a good mood.",
    "Oh great, another superhero movie. Just what the world was waiting for: I slept wonderfully.",
];

const TOXICITY: [&str; 6] = [
    "You are a stupid idiot, and nobody wants you here. Shut the fuck up.",
    "I will look for you, I will find you, and I will kill you.",
    "What a pathetic loser. This article is complete crap, just like everything that you write.",
    "I disagree with your edit: the source does not say so. Could you add a page number?",
    "This deadline is killing me, but thanks to your help the article is nearly done.",
    "Thank you for fixing the references, that was kind of you.",
];

/// The sentences for the task `name`; none for a task that is not known.
pub fn sentences(name: &str) -> &'static [&'static str] {
    match name {
        "sentiment" => &SENTIMENT,
        "toxicity" => &TOXICITY,
        _ => &[],
    }
}
