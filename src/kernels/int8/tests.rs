#[cfg(not(target_arch = "wasm32"))]
use proptest::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::activations::{Round, Rounded};
use super::linear::OfPanels;
use super::product::Multiply;
use super::*;
use crate::kernels::simd::{self, Kernel, Quads, Simd};

/// A layer's integers, as they are before packing.
struct Layer {
    integers: Vec<i8>,
    scales: Vec<f32>,
    bias: Vec<f32>,
    inputs: usize,
}

impl Layer {
    fn random(random: &mut fastrand::Rng, outputs: usize, inputs: usize) -> Self {
        // Near a normal distribution: mostly small, as trained weights are.
        let mut value = || (0..6).map(|_| random.f32() - 0.5).sum::<f32>();
        let weights: Vec<f32> = (0..outputs * inputs).map(|_| value()).collect();
        let bias = (0..outputs).map(|_| value()).collect();
        let (integers, scales) = quantise_rows(&weights, inputs);
        Self { integers, scales, bias, inputs }
    }

    /// Weights as large as the sums of their products may be: of one sign, of alternating signs, few of them and as large as
    /// they can be alone, and at random.
    fn extreme(random: &mut fastrand::Rng, outputs: usize, inputs: usize) -> Self {
        let value = |i: usize| match (i / inputs % 5, i % inputs) {
            (0, _) => 32,
            (1, _) => -32,
            (2, input) => [64, -64][input % 2],
            (3, input) => {
                if input % 16 < 4 {
                    [127, 127, -128, -128][input % 4]
                } else {
                    [0, 2][usize::from(input % 16 == 4)]
                }
            }
            (_, _) => [32, -32][random.usize(..2)],
        };
        let integers = (0..outputs * inputs).map(value).collect();
        Self { integers, scales: vec![0.01; outputs], bias: vec![0.5; outputs], inputs }
    }

    fn packed(&self) -> Packed {
        let panels = Panels::pack(&self.integers, self.inputs).unwrap();
        Packed {
            chosen: PackedLinear::new(panels.clone(), &self.scales, &self.bias).unwrap(),
            panels: OfPanels::new(panels, &self.scales, &self.bias),
        }
    }

    /// x · Wᵀ + bias in f64, of these integers.
    fn in_f64(&self, x: &[f32]) -> Vec<f64> {
        let rows = x.chunks(self.inputs);
        rows.flat_map(|x| {
            let weights = self.integers.chunks(self.inputs).zip(&self.scales).zip(&self.bias);
            weights.map(|((integers, &scale), &bias)| {
                let sum: f64 = x.iter().zip(integers).map(|(&x, &weight)| f64::from(x) * f64::from(weight)).sum();
                sum * f64::from(scale) + f64::from(bias)
            })
        })
        .collect()
    }

    /// The most that rounding each activation by `steps(x)` at most can change for each row and output.
    fn bound(&self, x: &[f32], step: impl Fn(&[f32]) -> f64) -> Vec<f64> {
        let rows = x.chunks(self.inputs);
        rows.flat_map(|x| {
            self.integers.chunks(self.inputs).zip(&self.scales).zip(&self.bias).map(|((integers, &scale), &bias)| {
                let groups = x.chunks(ACTIVATION_GROUP).zip(integers.chunks(ACTIVATION_GROUP));
                let error: f64 = groups
                    .map(|(x, integers)| {
                        let magnitudes = |x: &f32, weight: &i8| f64::from(x.abs()) * f64::from(weight.unsigned_abs());
                        let weights: f64 = integers.iter().map(|weight| f64::from(weight.unsigned_abs())).sum();
                        let largest = x.iter().fold(0.0f32, |a, b| a.max(b.abs()));
                        let products: f64 = x.iter().zip(integers).map(|(x, weight)| magnitudes(x, weight)).sum();
                        // Half a step each, and f32's own rounding.
                        0.501 * step(x) * weights + 1e-6 * (products + f64::from(largest) * weights)
                    })
                    .sum();
                error * f64::from(scale) + 1e-6 * f64::from(bias.abs()) + 1e-30
            })
        })
        .collect()
    }
}

/// A layer for all implementations, and for the one that is best on this processor.
struct Packed {
    panels: OfPanels,
    chosen: PackedLinear,
}

/// Rounding and product, by one implementation.
#[derive(Clone, Copy)]
struct Case<'a> {
    x: &'a [f32],
    weights: &'a Packed,
    rounding: Rounding,
    epilogue: Epilogue,
}

impl Kernel for Case<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<f32> {
        let Self { x, weights, rounding, epilogue } = self;
        let inputs = weights.chosen.inputs();
        let mut rounded = Rounded::new(rounding);
        for x in [&before(inputs), x] {
            Round { x, inputs, rounded: &mut rounded }.run(simd);
        }
        let rows = x.len() / inputs;
        let mut output = vec![f32::NAN; rows * weights.chosen.outputs()];
        Multiply { x: &rounded, rows, weights: &weights.panels, epilogue, output: &mut output }.run(simd);
        output
    }
}

impl Case<'_> {
    /// As everybody runs it.
    fn run_chosen(self) -> Vec<f32> {
        let Self { x, weights: Packed { chosen: weights, .. }, rounding, epilogue } = self;
        let inputs = weights.inputs();
        let mut activations = Activations::new(rounding);
        for x in [&before(inputs), x] {
            activations.round(x, inputs);
        }
        let mut output = vec![f32::NAN; x.len() / inputs * weights.outputs()];
        weights.multiply(&activations, epilogue, &mut output);
        output
    }
}

/// Other rows than those that count, of which something may be left in a buffer.
fn before(inputs: usize) -> Vec<f32> {
    vec![9.0; 5 * inputs]
}

/// Runs `case` with every implementation that this processor has, and then with the chosen one.
fn with_each(case: Case, mut check: impl FnMut(&str, Vec<f32>)) {
    simd::with_each(case, &mut check);
    #[cfg(target_arch = "x86_64")]
    if simd::FullWidth::new().is_none() {
        simd::not_tested("products at the full width of AVX-512: this processor has no VNNI of that kind");
    }
    check("chosen", case.run_chosen());
}

const ROUNDINGS: [Rounding; 2] = [Rounding::Wide, Rounding::Narrow];
const SIZES: [(usize, usize, usize); 10] = [
    (1, 1, 1),
    (1, 6, 384),
    (2, 8, 16),
    (3, 9, 15),
    (4, 16, 128),
    (5, 7, 129),
    (7, 24, 312),
    (6, 17, 1536),
    (9, 40, 400),
    (6, 53, 144),
];

/// Holds a product to f64, by every implementation, and those to each other.
fn check(layer: &Layer, x: &[f32]) {
    let weights = layer.packed();
    let expected = layer.in_f64(x);
    for rounding in ROUNDINGS {
        let bound = layer.bound(x, |group| match rounding {
            Rounding::Wide => {
                // A row's, of which the group is a part; enough for those that are one group.
                let largest = x.iter().fold(0.0f32, |a, b| a.max(b.abs()));
                f64::from(largest) / f64::from(wide::limit(layer.inputs))
            }
            Rounding::Narrow => {
                let highest = group.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let lowest = group.iter().copied().fold(f32::INFINITY, f32::min);
                (f64::from(highest) - f64::from(lowest)) / 127.0
            }
        });
        let mut first: Option<Vec<u32>> = None;
        with_each(Case { x, weights: &weights, rounding, epilogue: Epilogue::Bias }, |name, output| {
            let place = |i: usize| format!("{name}, {rounding:?}, {} inputs, {i}", layer.inputs);
            for (i, ((&value, &expected), &bound)) in output.iter().zip(&expected).zip(&bound).enumerate() {
                let error = (f64::from(value) - expected).abs();
                assert!(error <= bound, "{}: {value} for {expected}, more than {bound:e}", place(i));
            }
            let bits: Vec<u32> = output.iter().map(|value| value.to_bits()).collect();
            match &first {
                None => first = Some(bits),
                Some(first) => assert!(&bits == first, "{}: other bits", place(0)),
            }
        });
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn products_agree_with_f64_and_with_each_other() {
    let mut random = fastrand::Rng::with_seed(1);
    for (rows, outputs, inputs) in SIZES {
        let layer = Layer::random(&mut random, outputs, inputs);
        for (magnitude, offset) in [(1.0, 0.5), (1e-3, 0.1), (1e6, 0.5), (1e-20, 0.9)] {
            let x: Vec<f32> = (0..rows * inputs).map(|_| (random.f32() - offset) * magnitude).collect();
            check(&layer, &x);
        }
    }
}

/// One input of each row a thousand times as large as all others, as in BERT.
#[wasm_bindgen_test(unsupported = test)]
fn outliers_cost_only_digits() {
    let mut random = fastrand::Rng::with_seed(2);
    let layer = Layer::random(&mut random, 24, 384);
    let value = |i: usize| (random.f32() - 0.5) * if i % 384 == 77 { 1000.0 } else { 1.0 };
    check(&layer, &(0..6 * 384).map(value).collect::<Vec<f32>>());
}

/// No sum overflows whatever the values, or the results would be far off.
#[wasm_bindgen_test(unsupported = test)]
fn extremes_do_not_overflow() {
    let mut random = fastrand::Rng::with_seed(3);
    for inputs in [4, 16, 128, 384, 1536, 2000] {
        let layer = Layer::extreme(&mut random, 20, inputs);
        // Always the largest integer, always the least, in turns with them, and at random.
        let value = |i: usize| match i / inputs {
            0 => 3.0,
            1 => -3.0,
            2 => [3.0, -3.0][i % 2],
            3 => [0.0, 3.0][i / 2 % 2],
            _ => [3.0, -3.0][random.usize(..2)],
        };
        check(&layer, &(0..5 * inputs).map(value).collect::<Vec<f32>>());
    }
}

/// Weights as large as they may be for sums in `i16`, and activations that make the most of each sum.
#[wasm_bindgen_test(unsupported = test)]
fn the_deepest_sums_do_not_overflow() {
    let inputs = 128;
    let ones = |sign: f32| (0..inputs).map(|i| if i % 4 < 2 { sign } else { -sign }).collect::<Vec<f32>>();
    let weights: Vec<f32> = (0..8).flat_map(|row| ones([1.0, -1.0][row % 2])).collect();
    let (integers, scales) = quantise_rows(&weights, inputs);
    // Eight weights of one sign: 8 · 32 = 256 is the most that leaves 127 times their sum in i16.
    assert!(integers.iter().all(|integer| integer.abs() == 32), "{integers:?}");
    let layer = Layer { integers, scales, bias: vec![0.0; 8], inputs };
    check(&layer, &[ones(5.0), ones(-5.0), vec![5.0; inputs]].concat());
}

#[wasm_bindgen_test(unsupported = test)]
fn integers_whose_sums_could_overflow_are_refused() {
    let fits = |values: &[i8]| Panels::pack(values, 32).is_some();
    let of_one = |value: i8| fits(&[value; 8 * 32]);
    assert_eq!([32, 33, -32, -33, 127, -128].map(of_one), [true, false, true, false, false, false]);
    // Of both signs, each may go so far.
    let mixed: Vec<i8> = (0..8 * 32).map(|i| if i % 2 == 0 { 64 } else { -64 }).collect();
    assert!(fits(&mixed));
    // One row of many is enough.
    for row in 0..24 {
        let mut rows = vec![3; 24 * 32];
        rows[row * 32..][..32].fill(33);
        assert!(!fits(&rows), "{row}");
    }
    assert!(!fits(&[1; 33]) && !fits(&[]) && Panels::pack(&[1], 0).is_none());
}

#[wasm_bindgen_test(unsupported = test)]
fn panels_give_their_rows_back() {
    let mut random = fastrand::Rng::with_seed(9);
    for (_, outputs, inputs) in SIZES {
        let Layer { integers, .. } = Layer::random(&mut random, outputs, inputs);
        let panels = Panels::pack(&integers, inputs).unwrap();
        assert_eq!((panels.outputs(), panels.inputs()), (outputs, inputs));
        assert_eq!(panels.integers(), integers);
        let other = Layer::random(&mut random, 5, inputs).integers;
        let stacked = Panels::stack(&[&panels, &Panels::pack(&other, inputs).unwrap(), &panels]).unwrap();
        assert_eq!(stacked.integers(), [&integers[..], &other, &integers].concat());
        assert_eq!(stacked.group_sums().count(), stacked.outputs().div_ceil(8) * inputs.div_ceil(ACTIVATION_GROUP));
    }
    assert!(Panels::stack(&[]).is_none());
    let [long, short] = [3, 4].map(|inputs| Panels::pack(&[1; 12], inputs).unwrap());
    assert!(Panels::stack(&[&long, &short]).is_none());
}

#[wasm_bindgen_test(unsupported = test)]
fn panels_come_back_from_their_parts() {
    let mut random = fastrand::Rng::with_seed(10);
    for (outputs, inputs) in [(8, 16), (16, 128), (24, 400), (40, 1536)] {
        let panels = Panels::pack(&Layer::random(&mut random, outputs, inputs).integers, inputs).unwrap();
        let (quads, sums) = (panels.quads(), panels.group_sums().collect::<Vec<_>>());
        let read = Panels::from_parts(outputs, inputs, quads.to_vec(), &sums).unwrap();
        assert_eq!(read.integers(), panels.integers());
        assert!(read.group_sums().eq(sums.iter().copied()));
        assert!(Panels::from_parts(outputs + 8, inputs, quads.to_vec(), &sums).is_none());
        assert!(Panels::from_parts(outputs, inputs, quads.to_vec(), &sums[1..]).is_none());
        assert!(Panels::from_parts(outputs, inputs, quads[1..].to_vec(), &sums).is_none());
    }
    let zeros = || vec![Quads([[0; 4]; 8]); 2];
    assert!(Panels::from_parts(4, 16, zeros(), &[]).is_none());
    assert!(Panels::from_parts(8, 8, zeros(), &[[0; 8]]).is_none());
    assert!(Panels::from_parts(8, 0, Vec::new(), &[]).is_none());
    assert!(Panels::from_parts(0, 16, Vec::new(), &[]).is_none());
}

/// A browser is told, by the hash, that they are as the companion wrote them.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn parts_that_contradict_each_other_are_refused() {
    let panels = Panels::pack(&[5; 8 * 16], 16).unwrap();
    let (quads, sums) = (|| panels.quads().to_vec(), [[80i16; 8]]);
    assert!(Panels::from_parts(8, 16, quads(), &sums).is_some());
    assert!(Panels::from_parts(8, 16, quads(), &[[80, 80, 80, 81, 80, 80, 80, 80]]).is_none());
    // 33 times eight products of one sign are more than i16 has room for.
    assert!(Panels::from_parts(8, 16, vec![Quads([[33; 4]; 8]); 4], &[[33 * 16; 8]]).is_none());
}

#[wasm_bindgen_test(unsupported = test)]
fn rows_that_say_nothing_give_the_bias() {
    let layer = Layer { integers: vec![30; 3 * 40], scales: vec![0.1; 3], bias: vec![1.0, -2.0, 0.0], inputs: 40 };
    let weights = layer.packed();
    for (rounding, value) in
        ROUNDINGS.into_iter().flat_map(|rounding| [0.0, -0.0, 1e-38].map(|value| (rounding, value)))
    {
        let x = vec![value; 80];
        with_each(Case { x: &x, weights: &weights, rounding, epilogue: Epilogue::Bias }, |name, output| {
            for (output, bias) in output.iter().zip([1.0, -2.0, 0.0, 1.0, -2.0, 0.0]) {
                assert!((output - bias).abs() < 1e-30, "{name}, {rounding:?}, {value}: {output} for {bias}");
            }
        });
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn what_is_not_finite_does_no_harm_to_other_rows() {
    let mut random = fastrand::Rng::with_seed(4);
    let layer = Layer::random(&mut random, 8, 64);
    let weights = layer.packed();
    let good: Vec<f32> = (0..64).map(|_| random.f32()).collect();
    for (rounding, bad) in ROUNDINGS.into_iter().flat_map(|r| [f32::NAN, f32::INFINITY, f32::MAX].map(|bad| (r, bad))) {
        let mut x = [&good[..], &good, &good].concat();
        (x[64], x[100]) = (bad, -bad);
        let case = |x| Case { x, weights: &weights, rounding, epilogue: Epilogue::Bias };
        let mut alone = Vec::new();
        with_each(case(&good), |_, output| alone = output);
        with_each(case(&x), |name, output| {
            assert_eq!([&output[..8], &output[16..]], [&alone[..]; 2], "{name}, {rounding:?}, {bad}");
        });
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn gelu_is_applied_to_what_the_product_is() {
    let mut random = fastrand::Rng::with_seed(5);
    let layer = Layer::random(&mut random, 20, 64);
    let weights = layer.packed();
    let x: Vec<f32> = (0..5 * 64).map(|_| random.f32() - 0.5).collect();
    for rounding in ROUNDINGS {
        let case = |epilogue| Case { x: &x, weights: &weights, rounding, epilogue };
        let mut plain = Vec::new();
        with_each(case(Epilogue::Bias), |_, output| plain = output);
        let mut expected = vec![0.0; plain.len()];
        crate::kernels::activation::Activation::Gelu.forward(&plain, &mut expected);
        with_each(case(Epilogue::BiasGelu), |name, output| {
            for (value, expected) in output.iter().zip(&expected) {
                assert!((value - expected).abs() < 6e-6, "{name}, {rounding:?}: {value} for {expected}");
            }
        });
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn rows_are_quantised_to_what_gives_them_back() {
    let mut random = fastrand::Rng::with_seed(6);
    for width in [1, 3, 16, 33, 384] {
        let rows: Vec<f32> = [
            (0..width).map(|_| random.f32() - 0.5).collect(),
            vec![0.0; width],
            vec![-7.0; width],
            (0..width).map(|i| if i == 0 { 1e6 } else { 1.0 }).collect(),
        ]
        .concat();
        let (integers, scales) = quantise_rows(&rows, width);
        for ((row, integers), scale) in rows.chunks(width).zip(integers.chunks(width)).zip(scales) {
            for (value, integer) in row.iter().zip(integers) {
                assert!(
                    (value - f32::from(*integer) * scale).abs() <= scale * 0.5001,
                    "{integer} · {scale} for {value}"
                );
            }
            let largest = row.iter().fold(0.0f32, |a, b| a.max(b.abs())) / 127.0;
            assert!((largest..=largest * 4.1).contains(&scale), "{scale} for {largest}");
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
proptest::proptest! {
    #[test]
    fn any_rows_come_back_from_their_panels(
        (inputs, values) in (1usize..70, 1usize..20).prop_flat_map(|(inputs, outputs)| {
            (Just(inputs), proptest::collection::vec(-3.0f32..3.0, inputs * outputs))
        }),
    ) {
        let (integers, scales) = quantise_rows(&values, inputs);
        for (row, scale) in values.chunks(inputs).zip(&scales) {
            let highest = row.iter().fold(0.0f32, |highest, value| highest.max(value.abs()));
            prop_assert!(*scale >= highest / 127.0 * 0.999);
        }
        let panels = Panels::pack(&integers, inputs).expect("integers that are chosen to fit");
        prop_assert_eq!(panels.integers(), &integers[..]);
        if Panels::are_whole(scales.len(), inputs) {
            let (quads, sums) = (panels.quads().to_vec(), panels.group_sums().collect::<Vec<_>>());
            let read = Panels::from_parts(scales.len(), inputs, quads, &sums).expect("the parts of panels");
            prop_assert_eq!(read.integers(), integers);
        }
    }
}
