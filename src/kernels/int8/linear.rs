//! A linear layer: its integers, and what makes numbers of their sums.

use super::headroom::Headroom;
use super::lhs::Weights;
#[cfg(target_arch = "x86_64")]
use super::pairs::Pairs;
use super::panels::{PanelView, Panels};
use crate::kernels::simd::{LANES, Simd};

/// A linear layer's weights and bias, as this processor's products read them.
#[derive(Debug, Clone)]
pub struct PackedLinear(pub(super) Layout);

#[derive(Debug, Clone)]
pub(super) enum Layout {
    Panels(OfPanels),
    /// Panels side by side.
    #[cfg(target_arch = "x86_64")]
    Pairs(Pairs),
}

/// Weights and bias panel by panel.
#[derive(Debug, Clone)]
pub(super) struct OfPanels {
    panels: Panels,
    /// For each panel.
    outputs: Vec<Outputs>,
}

/// What each of a panel's outputs has beside its integers.
#[derive(Debug, Clone)]
struct Outputs {
    scales: [f32; LANES],
    bias: [f32; LANES],
}

impl PackedLinear {
    /// The integers in `panels`, with a scale and a bias for each output. None where there are more or fewer of those.
    pub fn new(panels: Panels, scales: &[f32], bias: &[f32]) -> Option<Self> {
        if scales.len() != panels.outputs() || bias.len() != panels.outputs() {
            return None;
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(pairs) = Pairs::new(&panels, scales, bias) {
            return Some(Self(Layout::Pairs(pairs)));
        }
        Some(Self(Layout::Panels(OfPanels::new(panels, scales, bias))))
    }

    /// How long a row of x is.
    pub fn inputs(&self) -> usize {
        match &self.0 {
            Layout::Panels(weights) => weights.panels.inputs(),
            #[cfg(target_arch = "x86_64")]
            Layout::Pairs(weights) => weights.inputs(),
        }
    }

    /// How long a row of the output is.
    pub fn outputs(&self) -> usize {
        match &self.0 {
            Layout::Panels(weights) => weights.panels.outputs(),
            #[cfg(target_arch = "x86_64")]
            Layout::Pairs(weights) => weights.outputs(),
        }
    }
}

impl OfPanels {
    /// There are as many scales and biases as outputs.
    pub fn new(panels: Panels, scales: &[f32], bias: &[f32]) -> Self {
        let eight = |values: &[f32]| {
            let mut lanes = [0.0; LANES];
            lanes[..values.len()].copy_from_slice(values);
            lanes
        };
        let outputs = scales.chunks(LANES).zip(bias.chunks(LANES));
        let outputs = outputs.map(|(scales, bias)| Outputs { scales: eight(scales), bias: eight(bias) }).collect();
        Self { panels, outputs }
    }
}

impl<S: Simd> Weights<S> for OfPanels {
    type Panel<'a> = PanelView<'a>;

    #[inline(always)]
    fn outputs(&self) -> usize {
        self.panels.outputs()
    }

    #[inline(always)]
    fn panel(&self, index: usize) -> PanelView<'_> {
        self.panels.view(index)
    }

    #[inline(always)]
    fn scales_and_bias(&self, index: usize) -> [&[f32; LANES]; 2] {
        let Outputs { scales, bias } = &self.outputs[index];
        [scales, bias]
    }
}

/// The scale by which the largest of `values` becomes ±127; zero where its inverse could not be told from infinity.
pub(in crate::kernels) fn scale_of(values: &[f32]) -> f32 {
    let scale = values.iter().fold(0.0f32, |highest, value| highest.max(value.abs())) / 127.0;
    if scale.is_normal() { scale } else { 0.0 }
}

/// Rounds each row of `values` to integers in −127..=127 and the scale that gives the row back.
///
/// The scale is the largest magnitude over 127, or as much more as it takes for the sums of [`Panels`] to fit `i16`. In
/// all-MiniLM-L6-v2 fine-tuned, that is 1.2 times as much on average and 2.3 times at most.
///
/// A row whose scale would not be a normal number is as good as zero, and becomes that.
///
/// # Panics
/// `width` is zero.
pub fn quantise_rows(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let mut integers = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len() / width);
    for row in values.chunks_exact(width) {
        let mut scale = scale_of(row);
        let first = integers.len();
        loop {
            let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
            integers.truncate(first);
            integers.extend(row.iter().map(|value| (value * inverse).round().clamp(-127.0, 127.0) as i8));
            let taken = Headroom::from_row(integers[first..].iter().copied(), width).used();
            if taken <= 1.0 {
                break;
            }
            // Rounding may bring a sum back above what it was scaled to.
            scale *= taken.max(1.002);
        }
        scales.push(scale);
    }
    (integers, scales)
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn rounding_ends_for_values_of_any_size() {
        let tiny = 1.8e-43;
        for magnitude in [f32::from_bits(1), tiny, 1e-40, f32::MIN_POSITIVE, 3e-36, 1.0, 1e30, 1e38] {
            let mut row = [0.0; 16];
            for place in [0, 1, 4, 5, 8, 9] {
                row[place] = magnitude;
            }
            let (integers, scales) = quantise_rows(&row, 16);
            for (integer, value) in integers.into_iter().zip(row) {
                let error = (f32::from(integer) * scales[0] - value).abs();
                assert!(
                    error <= (scales[0] * 0.5).max(127.0 * f32::MIN_POSITIVE),
                    "{integer} · {} for {value}",
                    scales[0]
                );
            }
        }
    }
}
