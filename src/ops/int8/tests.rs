use candle_core::Device;

use super::*;
use crate::kernels::int8::quantise_rows;

const HIDDEN: usize = 48;

fn layer(random: &mut fastrand::Rng) -> Int8Layer {
    let mut values = |count: usize| (0..count).map(|_| random.f32() - 0.5).collect::<Vec<_>>();
    let mut linear = |outputs: usize, inputs: usize| {
        let (integers, scales) = quantise_rows(&values(outputs * inputs), inputs);
        let weight = QuantisedMatrix::from_rows(integers, scales, inputs).unwrap();
        (weight, Tensor::new(values(outputs), &Device::Cpu).unwrap())
    };
    let inner = 4 * HIDDEN;
    let square = |_| (HIDDEN, HIDDEN);
    let [query, key, value, attended] = [(); 4].map(square).map(|(outputs, inputs)| linear(outputs, inputs));
    let linears = [query, key, value, attended, linear(inner, HIDDEN), linear(HIDDEN, inner)];
    let norms = [(); 2].map(|()| [(); 2].map(|()| Tensor::new(values(HIDDEN), &Device::Cpu).unwrap()));
    let smoothing = Tensor::new(values(HIDDEN), &Device::Cpu).unwrap();
    Int8Layer::new(linears, norms, [None, Some(smoothing)], 3, 1e-12).unwrap()
}

/// For texts that are divided by themselves, together, and in the middle of a part.
#[test]
fn no_bit_depends_on_the_number_of_threads() {
    let mut random = fastrand::Rng::with_seed(1);
    let layer = layer(&mut random);
    for lengths in [&[1][..], &[15], &[64], &[333], &[512], &[3, 250, 7, 40, 40], &[130, 129], &[9; 40]] {
        let offsets = SequenceOffsets::from_lengths(lengths.iter().copied());
        let x: Vec<f32> = (0..offsets.rows() * HIDDEN).map(|_| random.f32() * 4.0 - 2.0).collect();
        for rounding in [Rounding::Wide, Rounding::Narrow] {
            let forward = Forward { layer: layer.clone(), offsets: offsets.clone(), rounding };
            let (expected, is_finite) = forward.by_texts(&x, &Groups::new(&offsets, ROWS));
            assert!(is_finite);
            for threads in [1, 2, 3, 4, 16] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let (divided, is_finite) = pool.install(|| forward.by_rows(&x, threads));
                assert!(is_finite);
                assert!(divided == expected, "{lengths:?}, {rounding:?}, {threads} threads");
                let x = Tensor::from_slice(&x, (offsets.rows(), HIDDEN), &Device::Cpu).unwrap();
                let y = pool.install(|| layer.forward(&x, &offsets, rounding)).unwrap();
                assert!(y.flatten_all().unwrap().to_vec1::<f32>().unwrap() == expected, "{lengths:?}, {threads}");
            }
        }
    }
}

#[test]
fn what_is_not_finite_is_found_in_any_part() {
    let layer = layer(&mut fastrand::Rng::with_seed(2));
    let offsets = SequenceOffsets::from_lengths([100]);
    for row in [0, 50, 99] {
        let mut x = vec![0.5; 100 * HIDDEN];
        x[row * HIDDEN + 7] = f32::NAN;
        let forward = Forward { layer: layer.clone(), offsets: offsets.clone(), rounding: Rounding::Wide };
        assert!(!forward.by_rows(&x, 4).1, "row {row}");
    }
}
