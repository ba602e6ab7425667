//! Weights as the products read them.
//!
//! A panel has the weights of eight outputs: for each four inputs a block of 32 bytes, in it the four weights of the first
//! output, of the second, and so on. That is one AVX2 register or two of 128 bits, and each lane of it meets the same four
//! activations. A panel of 1536 inputs takes 12 KiB, and stays in the level 1 cache while the rows of x go by; of four such
//! panels at once a part comes from level 2 each time, which costs less than four broadcasts instead of one would.
//!
//! To get there from rows, quads of bytes are transposed like the elements of a matrix. That takes hardly longer than a copy
//! (.8 ms for a layer of MiniLM-L6, natively), so bundles have plain rows, which every tool can read, and packing is done at load.

use crate::kernels::simd::{LANES, Quads};

/// The inputs of a panel are filled up with zeros to a multiple of these.
pub(super) const STEP: usize = 4 * QUADS;
/// So many quads' products are summed in `i16` before the sum is widened, where that cannot overflow.
pub(super) const QUADS: usize = 4;
/// Inputs that share a scale where [`super::narrow`] rounds activations.
pub(super) const GROUP: usize = 128;

/// What the magnitudes of weights of one sign may sum up to, so that with activations up to 127 `i16` suffices.
pub(super) const DEEP: i32 = i16::MAX as i32 / 127;

/// A linear layer's weights and bias, packed.
#[derive(Debug, Clone)]
pub struct Weights {
    inputs: usize,
    outputs: usize,
    quads: Vec<Quads>,
    panels: Vec<Panel>,
    /// For each panel and group of inputs the sums of the integers.
    group_sums: Vec<[f32; LANES]>,
}

/// What a panel has beside its integers.
#[derive(Debug, Clone)]
struct Panel {
    scales: [f32; LANES],
    bias: [f32; LANES],
    deep: bool,
}

/// The weights of eight outputs.
#[derive(Clone, Copy)]
pub(super) struct PanelView<'a> {
    pub quads: &'a [Quads],
    pub scales: &'a [f32; LANES],
    pub bias: &'a [f32; LANES],
    pub group_sums: &'a [[f32; LANES]],
    /// Whether the products of [`QUADS`] quads with activations in 0..=127 can be summed in `i16`.
    pub deep: bool,
}

/// Of each panel as many quads as `count` says, from quad `start` on. All have one length, and that is known to who goes over
/// them: in a browser, bounds checked at every step made products take 1.2 times as long.
#[inline(always)]
pub(super) fn quads<'a, const P: usize>(panels: &[PanelView<'a>; P], start: usize, count: usize) -> [&'a [Quads]; P] {
    let mut quads = [&[][..]; P];
    for (quads, panel) in quads.iter_mut().zip(panels) {
        *quads = &panel.quads[start..][..count];
    }
    quads
}

impl Weights {
    /// Packs rows of `integers`, one for each scale, which all have the same length.
    ///
    /// # Panics
    /// There are no rows, or not as many scales as biases, or the rows are not of one length.
    pub fn pack(integers: &[i8], scales: &[f32], bias: &[f32]) -> Self {
        let outputs = scales.len();
        assert_eq!(bias.len(), outputs, "biases");
        assert!(outputs > 0 && integers.len().is_multiple_of(outputs), "rows of one length");
        let inputs = integers.len() / outputs;
        let length = inputs.next_multiple_of(STEP) / 4;
        let mut quads = vec![[[0; 4]; LANES]; outputs.div_ceil(LANES) * length];
        let mut panels = Vec::with_capacity(outputs.div_ceil(LANES));
        let mut group_sums = Vec::with_capacity(panels.capacity() * inputs.div_ceil(GROUP));
        for (index, panel) in quads.chunks_exact_mut(length).enumerate() {
            let first = index * LANES;
            let lanes = LANES.min(outputs - first);
            for (lane, row) in integers[first * inputs..].chunks_exact(inputs).take(lanes).enumerate() {
                let (whole, rest) = row.as_chunks::<4>();
                for (quads, values) in panel.iter_mut().zip(whole) {
                    quads[lane] = *values;
                }
                if !rest.is_empty() {
                    panel[whole.len()][lane][..rest.len()].copy_from_slice(rest);
                }
            }
            group_sums.extend(panel.chunks(GROUP / 4).map(sums));
            let deep = panel.as_chunks().0.iter().all(fits_i16);
            let eight = |values: &[f32]| {
                let mut lane_values = [0.0; LANES];
                lane_values[..lanes].copy_from_slice(&values[first..first + lanes]);
                lane_values
            };
            panels.push(Panel { scales: eight(scales), bias: eight(bias), deep });
        }
        Self { inputs, outputs, quads, panels, group_sums }
    }

    /// How long a row of x is.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How long a row of the output is.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// `P` panels, from panel `first` on.
    pub(super) fn panels<const P: usize>(&self, first: usize) -> [PanelView<'_>; P] {
        let (length, groups) = (self.inputs.next_multiple_of(STEP) / 4, self.inputs.div_ceil(GROUP));
        std::array::from_fn(
            #[inline(always)]
            |index| {
                let index = first + index;
                let Panel { scales, bias, deep } = &self.panels[index];
                let quads = &self.quads[index * length..][..length];
                let group_sums = &self.group_sums[index * groups..][..groups];
                PanelView { quads, scales, bias, group_sums, deep: *deep }
            },
        )
    }
}

/// The sum of each lane's integers, which a float has room for.
fn sums(quads: &[Quads]) -> [f32; LANES] {
    let mut sums = [0i32; LANES];
    for quads in quads {
        for (sum, quad) in sums.iter_mut().zip(quads) {
            *sum += quad.iter().map(|&value| i32::from(value)).sum::<i32>();
        }
    }
    sums.map(|sum| sum as f32)
}

/// Whether no sum of products with activations in 0..=127 leaves `i16`, in whatever order it is summed: not if all weights
/// of one sign meet 127 and all others 0, which is the worst case. The first two products of each quad make one sum and
/// the last two another.
fn fits_i16(quads: &[Quads; QUADS]) -> bool {
    let mut positive = [[0i16; 2]; LANES];
    let mut negative = [[0i16; 2]; LANES];
    for quads in quads {
        for (lane, quad) in quads.iter().enumerate() {
            for (i, &value) in quad.iter().enumerate() {
                positive[lane][i / 2] += i16::from(value.max(0));
                negative[lane][i / 2] -= i16::from(value.min(0));
            }
        }
    }
    let highest =
        positive.as_flattened().iter().chain(negative.as_flattened()).fold(0, |highest, &sum| sum.max(highest));
    i32::from(highest) <= DEEP
}

/// Rounds each row of `values` to integers in −127..=127 and the scale that gives the row back.
///
/// The scale is the largest magnitude over 127, or as much more as it takes for [`super::narrow`] to sum [`QUADS`] quads in
/// `i16`. In all-MiniLM-L6-v2 fine-tuned, that is 1.2 times as much on average and 2.3 times at most.
///
/// # Panics
/// `width` is zero.
pub fn quantise_rows(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let mut integers = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len() / width);
    for row in values.chunks_exact(width) {
        let mut scale = row.iter().fold(0.0f32, |highest, value| highest.max(value.abs())) / 127.0;
        let first = integers.len();
        loop {
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            integers.truncate(first);
            integers.extend(row.iter().map(|value| (value * inverse).round().clamp(-127.0, 127.0) as i8));
            let highest = highest_sum(&integers[first..]);
            if highest <= DEEP {
                break;
            }
            // Rounding may bring a sum back above what it was scaled to.
            scale *= (highest as f32 / DEEP as f32).max(1.002);
        }
        scales.push(scale);
    }
    (integers, scales)
}

/// The largest sum that [`fits_i16`] looks at, for one row.
fn highest_sum(row: &[i8]) -> i32 {
    let sum = |values: &[i8], first: usize, sign: i32| -> i32 {
        let pairs = values.chunks(4).flat_map(|quad| quad.iter().skip(first).take(2));
        pairs.map(|&value| (sign * i32::from(value)).max(0)).sum()
    };
    let sums = |values| [(0, 1), (0, -1), (2, 1), (2, -1)].map(|(first, sign)| sum(values, first, sign));
    row.chunks(STEP).flat_map(sums).max().unwrap_or(0)
}
