//! Weights' integers as the products read them.
//!
//! A panel has the weights of eight outputs: for each four inputs a block of 32 bytes, in it the four weights of the first
//! output, of the second, and so on. That is one AVX2 register or two of 128 bits, and each lane of it meets the same four
//! activations. A panel of 1536 inputs takes 12 KiB, and stays in the level 1 cache while the rows of x go by; of four such
//! panels at once a part comes from level 2 each time, which costs less than four broadcasts instead of one would.
//!
//! Bundles have the panels as they are, so that loading them is a copy: in a browser, the first to run is the compiler's first
//! draft of everything, and packing by that took as long as several texts take later.

use super::headroom::Headroom;
use super::layout::{ACTIVATION_GROUP, STEP};
use crate::kernels::simd::{LANES, Quads};

/// The integers of a weight matrix (outputs, inputs).
///
/// Of products of [`super::layout::QUADS`] quads with activations in 0..=127 no sum leaves `i16`.
#[derive(Debug, Clone)]
pub struct Panels {
    outputs: usize,
    inputs: usize,
    quads: Vec<Quads>,
    /// For each panel and [`ACTIVATION_GROUP`] of inputs the sum of each lane's integers.
    group_sums: Vec<[f32; LANES]>,
}

/// The weights of eight outputs.
#[derive(Clone, Copy)]
pub(super) struct PanelView<'a> {
    pub quads: &'a [Quads],
    pub group_sums: &'a [[f32; LANES]],
}

/// Of each panel `count` quads from quad `start` on. Cutting all panels to one length here lets the compiler leave out the bounds
/// checks of the loops: in a browser, products with them took 1.2 times as long.
#[inline(always)]
pub(super) fn quads<'a, const P: usize>(panels: &[PanelView<'a>; P], start: usize, count: usize) -> [&'a [Quads]; P] {
    let mut quads = [&[][..]; P];
    for (quads, panel) in quads.iter_mut().zip(panels) {
        *quads = &panel.quads[start..][..count];
    }
    quads
}

impl Panels {
    /// Packs rows of `inputs` integers. None where there is no whole number of rows, or sums of products could leave `i16`,
    /// as they cannot where [`super::quantise_rows`] chose the integers.
    pub fn pack(integers: &[i8], inputs: usize) -> Option<Self> {
        if inputs == 0 || integers.is_empty() || !integers.len().is_multiple_of(inputs) {
            return None;
        }
        let (outputs, length) = (integers.len() / inputs, inputs.next_multiple_of(STEP) / 4);
        let mut quads = bytemuck::zeroed_vec::<Quads>(outputs.div_ceil(LANES) * length);
        for (rows, panel) in integers.chunks(LANES * inputs).zip(quads.chunks_exact_mut(length)) {
            for (lane, row) in rows.chunks_exact(inputs).enumerate() {
                for (Quads(quads), values) in panel.iter_mut().zip(row.chunks(4)) {
                    quads[lane][..values.len()].copy_from_slice(values);
                }
            }
        }
        let group_sums =
            quads.chunks_exact(length).flat_map(|panel| panel.chunks(ACTIVATION_GROUP / 4).map(sums)).collect();
        let panels = Self { outputs, inputs, quads, group_sums };
        panels.fit_i16().then_some(panels)
    }

    /// Panels of `outputs` rows of `inputs` integers, both multiples of what a panel has of them, from the quads and
    /// [`Self::group_sums`] of such panels. None where the sizes differ. A browser takes their word for the sums; natively
    /// there is the time to check them, and what does not hold is refused.
    pub fn from_parts(outputs: usize, inputs: usize, quads: Vec<Quads>, group_sums: &[[i16; LANES]]) -> Option<Self> {
        let fits = Self::are_whole(outputs, inputs)
            && !quads.is_empty()
            && outputs.checked_mul(inputs) == Some(size_of_val(&quads[..]))
            && group_sums.len() == outputs / LANES * inputs.div_ceil(ACTIVATION_GROUP);
        if !fits {
            return None;
        }
        let group_sums = group_sums.iter().map(|sums| sums.map(f32::from)).collect();
        let panels = Self { outputs, inputs, quads, group_sums };
        let is_trusted = cfg!(target_arch = "wasm32");
        (is_trusted || (panels.fit_i16() && panels.sums_are_right())).then_some(panels)
    }

    /// Whether a matrix of this shape divides into whole panels, as [`Self::from_parts`] wants.
    pub fn are_whole(outputs: usize, inputs: usize) -> bool {
        outputs.is_multiple_of(LANES) && inputs.is_multiple_of(STEP)
    }

    /// One under the other: matrices of the same inputs. None where those differ, or there is no matrix.
    pub fn stack(parts: &[&Self]) -> Option<Self> {
        let inputs = parts.first()?.inputs;
        if parts.iter().any(|part| part.inputs != inputs) {
            return None;
        }
        if parts.iter().any(|part| !part.outputs.is_multiple_of(LANES)) {
            let integers: Vec<i8> = parts.iter().flat_map(|part| part.integers()).collect();
            return Self::pack(&integers, inputs);
        }
        let mut stacked = Self {
            outputs: 0,
            inputs,
            quads: Vec::with_capacity(parts.iter().map(|part| part.quads.len()).sum()),
            group_sums: Vec::new(),
        };
        for part in parts {
            stacked.outputs += part.outputs;
            stacked.quads.extend_from_slice(&part.quads);
            stacked.group_sums.extend_from_slice(&part.group_sums);
        }
        Some(stacked)
    }

    /// How long a row of x is.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How long a row of the output is.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// All integers in their order.
    pub fn quads(&self) -> &[Quads] {
        &self.quads
    }

    /// For each panel and each [`ACTIVATION_GROUP`] of inputs the sums of the eight rows' integers.
    pub fn group_sums(&self) -> impl Iterator<Item = [i16; LANES]> + '_ {
        // Each is a whole number, and far from the ends of i16.
        self.group_sums.iter().map(|sums| sums.map(|sum| sum as i16))
    }

    /// The integers of one row.
    pub fn row(&self, output: usize) -> impl Iterator<Item = i8> + '_ {
        let length = self.inputs.next_multiple_of(STEP) / 4;
        let panel = &self.quads[output / LANES * length..][..length];
        (0..self.inputs).map(move |input| panel[input / 4].0[output % LANES][input % 4])
    }

    /// The integers, row after row.
    pub fn integers(&self) -> Vec<i8> {
        (0..self.outputs).flat_map(|output| self.row(output)).collect()
    }

    /// The panel number `index`.
    #[inline(always)]
    pub(super) fn view(&self, index: usize) -> PanelView<'_> {
        let (length, groups) = (self.inputs.next_multiple_of(STEP) / 4, self.inputs.div_ceil(ACTIVATION_GROUP));
        let quads = &self.quads[index * length..][..length];
        let group_sums = &self.group_sums[index * groups..][..groups];
        PanelView { quads, group_sums }
    }

    fn fit_i16(&self) -> bool {
        (0..self.outputs).all(|output| Headroom::from_row(self.row(output), self.inputs).used() <= 1.0)
    }

    fn sums_are_right(&self) -> bool {
        let panels = self.quads.chunks_exact(self.inputs / 4);
        panels.flat_map(|panel| panel.chunks(ACTIVATION_GROUP / 4).map(sums)).eq(self.group_sums.iter().copied())
    }
}

/// The sum of each lane's integers, of which there are a group's at most: [`ACTIVATION_GROUP`] · 128 fits i16.
fn sums(quads: &[Quads]) -> [f32; LANES] {
    let mut sums = [0i16; LANES];
    for Quads(quads) in quads {
        for (sum, quad) in sums.iter_mut().zip(quads) {
            *sum += quad.iter().map(|&value| i16::from(value)).sum::<i16>();
        }
    }
    sums.map(f32::from)
}
