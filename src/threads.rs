//! Work over the threads of rayon's pool. A browser's engine has but one thread: there it is a loop, and the engine has no pool to carry.

/// How many threads there are.
#[cfg(not(target_arch = "wasm32"))]
pub fn count() -> usize {
    rayon::current_num_threads()
}

/// How many threads there are.
#[cfg(target_arch = "wasm32")]
pub fn count() -> usize {
    1
}

/// What `work` makes of each of `parts` and its number, in their order. A thread takes the next part when it is free.
#[cfg(not(target_arch = "wasm32"))]
pub fn map<P: Send, R: Send>(parts: Vec<P>, work: impl Fn(usize, P) -> R + Sync) -> Vec<R> {
    use rayon::prelude::*;
    parts.into_par_iter().with_max_len(1).enumerate().map(|(index, part)| work(index, part)).collect()
}

/// What `work` makes of each of `parts` and its number, in their order.
#[cfg(target_arch = "wasm32")]
pub fn map<P, R>(parts: Vec<P>, work: impl Fn(usize, P) -> R) -> Vec<R> {
    parts.into_iter().enumerate().map(|(index, part)| work(index, part)).collect()
}
