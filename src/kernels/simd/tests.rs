use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

/// Everything that the operations give for these values, as bits.
#[derive(Clone, Copy)]
struct Operations<'a> {
    floats: [&'a [f32; LANES]; 2],
    quads: &'a Quads,
    bytes: u32,
    shorts: u64,
}

impl Kernel for Operations<'_> {
    type Output = Vec<u64>;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Vec<u64> {
        let [a, b] = self.floats.map(|values| simd.load(values));
        let mut bits = Vec::new();
        let mut floats = |vector| {
            let mut lanes = [f32::NAN; LANES];
            simd.store(vector, &mut lanes);
            bits.extend(lanes.map(|lane| u64::from(lane.to_bits())));
        };
        for vector in [simd.add(a, b), simd.subtract(a, b), simd.multiply(a, b), simd.minimum(a, b), simd.maximum(a, b)]
        {
            floats(vector);
        }
        floats(simd.scale_by_power(simd.splat(1.5), simd.splat(12_582_912.0 - 3.0)));
        let halves = self.quads.0.as_chunks().0;
        let [low, high] = [0, 1].map(|half| {
            let sums = simd.add_products_of_shorts(simd.zero(), simd.load_shorts(&halves[half]), self.shorts);
            simd.add_products_of_shorts(sums, simd.load_shorts(&halves[1 - half]), self.shorts)
        });
        floats(simd.to_floats(low));
        floats(simd.to_floats(simd.add_neighbours(low, high)));
        let weights = simd.load_bytes(self.quads);
        let partial = simd.add_products_of_bytes(simd.no_products(), weights, self.bytes);
        let sums = simd.add_partial(low, partial);
        floats(simd.to_floats(sums));
        // Twice a quarter of the activations: as much as `i16` is sure to hold.
        let quarter = (self.bytes >> 2) & 0x1f1f_1f1f;
        let partial = simd.add_products_of_bytes(simd.no_products(), weights, quarter);
        let partial = simd.add_products_of_bytes(partial, weights, quarter);
        floats(simd.to_floats(simd.add_partial(sums, partial)));
        let [positive, symmetric] = [[0.0, 127.0], [-32767.0, 32767.0]]
            .map(|[lowest, highest]| simd.maximum(simd.minimum(a, simd.splat(highest)), simd.splat(lowest)));
        bits.extend(simd.round_to_bytes(positive).map(u64::from));
        bits.extend(simd.round_to_shorts(symmetric));
        bits
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn every_implementation_gives_the_same_bits() {
    let mut random = fastrand::Rng::with_seed(1);
    // With relaxed SIMD the compiler makes relaxed minima of those in Portable, which may give what is not a number.
    let nan = if cfg!(target_feature = "relaxed-simd") { 0.25 } else { f32::NAN };
    let special = [0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 126.5, 127.0, 32766.5, -32767.0, 1e30, -1e30, nan, 1e-30];
    for round in 0..2000 {
        let [a, b] = [(); 2].map(|()| {
            [(); LANES].map(|()| match random.bool() {
                true => special[random.usize(..special.len())],
                false => (random.f32() - 0.3) * 10f32.powi(random.i32(-2..6)),
            })
        });
        let extreme = round % 3 == 0;
        let quads =
            Quads([(); LANES].map(|()| {
                [(); 4].map(|()| if extreme { [-128, -127, 127, 0][random.usize(..4)] } else { random.i8(..) })
            }));
        let byte = |random: &mut fastrand::Rng| if extreme { [0, 127][random.usize(..2)] } else { random.u8(..128) };
        let bytes = u32::from_le_bytes([(); 4].map(|()| byte(&mut random)));
        let short = |random: &mut fastrand::Rng| match extreme {
            true => [i16::MIN + 1, i16::MAX][random.usize(..2)],
            false => random.i16(i16::MIN + 1..),
        };
        let shorts = (0..4).fold(0, |shorts, _| shorts << 16 | u64::from(short(&mut random) as u16));
        let case = Operations { floats: [&a, &b], quads: &quads, bytes, shorts };
        let mut expected = Vec::new();
        with_each(case, |name, bits| {
            if expected.is_empty() {
                expected = bits;
                return;
            }
            for (place, (ours, expected)) in bits.iter().zip(&expected).enumerate() {
                let are_nan =
                    place < 5 * LANES && [ours, expected].iter().all(|&&bits| f32::from_bits(bits as u32).is_nan());
                assert!(ours == expected || are_nan, "{name}: {ours:x} for {expected:x} at {place}, {a:?}, {b:?}");
            }
        });
    }
}
