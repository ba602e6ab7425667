//! How long the products of one transformer layer take, of all-MiniLM-L6-v2's sizes and for one text of some lengths: with
//! int8 weights, rounding included, in f32 by the `gemm` crate, and with the feature `peers` in int8 by rten-gemm.
//! `make bench-kernels` runs it natively, and in a headless Chromium once for each build of the engine.
//!
//! The contenders take turns, and the least time of each counts: what else the machine does only ever adds to it.

use undertone::kernels::int8::{Activations, Epilogue, PackedLinear, Panels, Rounding, quantise_rows};
use undertone::kernels::product::{Matrix, Parallelism, multiply};

#[cfg(feature = "peers")]
mod peer;

/// (inputs, outputs) of queries, keys and values; attention's output; the feed-forward sub-layer's two.
const PRODUCTS: [(usize, usize); 4] = [(384, 1152), (384, 384), (384, 1536), (1536, 384)];
const TOKENS: [usize; 5] = [16, 32, 64, 128, 256];
const ROUNDS: usize = 30;

/// One product's factors, in every form.
struct Product {
    inputs: usize,
    outputs: usize,
    finish: Epilogue,
    plain: Vec<f32>,
    packed: PackedLinear,
    #[cfg(feature = "peers")]
    peer: peer::Peer,
}

impl Product {
    fn new(random: &mut fastrand::Rng, (inputs, outputs): (usize, usize)) -> Self {
        let plain: Vec<f32> = (0..inputs * outputs).map(|_| (0..6).map(|_| random.f32() - 0.5).sum()).collect();
        let (integers, scales) = quantise_rows(&plain, inputs);
        let finish = if outputs == 1536 { Epilogue::BiasGelu } else { Epilogue::Bias };
        let panels = Panels::pack(&integers, inputs).expect("integers that were chosen for it");
        let packed =
            PackedLinear::new(panels, &scales, &vec![0.1; outputs]).expect("one scale and bias for each output");
        Self {
            inputs,
            outputs,
            finish,
            plain,
            packed,
            #[cfg(feature = "peers")]
            peer: peer::Peer::new(&integers, inputs),
        }
    }
}

const CONTENDERS: [&str; 4] = ["f32 (gemm)", "int8, wide", "int8, narrow", "int8 (rten-gemm)"];

/// Least milliseconds of the four products for `tokens` rows, by each of [`CONTENDERS`] that is there.
fn measure(products: &[Product], tokens: usize, now: impl Fn() -> f64) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(1);
    let x: Vec<f32> = (0..tokens * 1536).map(|_| random.f32() - 0.4).collect();
    let mut output = vec![0.0; tokens * 1536];
    #[cfg(feature = "peers")]
    let (bytes, mut integers) =
        ((0..tokens * 1536).map(|_| random.u8(..128)).collect::<Vec<_>>(), vec![0; tokens * 1536]);
    let mut activations = [Rounding::Wide, Rounding::Narrow].map(Activations::new);
    let mut least = vec![f64::INFINITY; if cfg!(feature = "peers") { 4 } else { 3 }];
    for _ in 0..ROUNDS {
        for (contender, least) in least.iter_mut().enumerate() {
            let start = now();
            for product in products {
                let Product { inputs, outputs, finish, ref plain, ref packed, .. } = *product;
                let (x, output) = (&x[..tokens * inputs], &mut output[..tokens * outputs]);
                match contender {
                    0 => multiply(
                        Matrix::new(output, tokens, outputs),
                        false,
                        Matrix::new(x, tokens, inputs),
                        Matrix::new(&plain[..], outputs, inputs).transposed(),
                        Parallelism::None,
                    ),
                    #[cfg(feature = "peers")]
                    3 => product.peer.multiply(&bytes[..tokens * inputs], &mut integers[..tokens * outputs]),
                    _ => {
                        let activations = &mut activations[contender - 1];
                        activations.round(x, inputs);
                        packed.multiply(activations, finish, output);
                    }
                }
            }
            *least = least.min(now() - start);
        }
    }
    least
}

/// The table of results, as Markdown.
fn report(now: impl Fn() -> f64 + Copy) -> String {
    let mut random = fastrand::Rng::with_seed(1);
    let products = PRODUCTS.map(|sizes| Product::new(&mut random, sizes));
    let operations: usize = PRODUCTS.iter().map(|(inputs, outputs)| inputs * outputs).sum();
    let mut table = String::from("| tokens |");
    let contenders = &CONTENDERS[..if cfg!(feature = "peers") { 4 } else { 3 }];
    contenders.iter().for_each(|name| table.push_str(&format!(" {name} |")));
    table.push_str(" of 10⁹ products a second |\n|---|");
    table.push_str(&"---|".repeat(contenders.len() + 1));
    for tokens in TOKENS {
        let times = measure(&products, tokens, now);
        table.push_str(&format!("\n| {tokens} |"));
        times.iter().for_each(|time| table.push_str(&format!(" {time:.3} ms |")));
        let rates = times.iter().map(|time| format!("{:.1}", (operations * tokens) as f64 / time / 1e6));
        table.push_str(&format!(" {} |", rates.collect::<Vec<_>>().join(" / ")));
    }
    table
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    let start = std::time::Instant::now();
    println!("{}", report(|| start.elapsed().as_secs_f64() * 1e3));
}

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(target_arch = "wasm32")]
mod browser {
    use wasm_bindgen::JsCast;
    use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn products() {
        let performance = js_sys::Reflect::get(&js_sys::global(), &"performance".into()).unwrap();
        let now = js_sys::Reflect::get(&performance, &"now".into()).unwrap().unchecked_into::<js_sys::Function>();
        console_log!("{}", super::report(|| now.call0(&performance).unwrap().as_f64().unwrap()));
    }
}
