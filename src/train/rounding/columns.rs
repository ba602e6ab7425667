//! The integers of a row, one after the other.
//!
//! Rounding changes what a row w gives for inputs of covariance C by an error of variance e·C·eᵀ = |e·L|², with e = w − ŵ and
//! C = L·Lᵀ of Cholesky. Component k of e·L has errors from eₖ on, so from the last input to the first each integer can be chosen
//! such that its component vanishes as nearly as it can, whatever the ones before it left. That is GPTQ without an inverse
//! (Chen et al. 2025, "The Geometry of LLM Quantization": it is Babai's nearest plane). Inputs that vary most come first, while
//! there are still others to make up for their errors.

use super::moments::Moments;
use crate::kernels::int8::Headroom;

/// What is added to every variance, as a share of their mean: what texts that were not seen may have of their own.
const DAMPING: f64 = 0.01;

/// How the inputs of a linear layer go together, for its rows to be rounded by.
pub struct Columns {
    /// The inputs from the least variance to the greatest: what is a matrix below is in this order.
    order: Vec<usize>,
    /// Lᵀ, row after row.
    factor: Vec<f64>,
    /// The covariances of what the inputs have lost with the inputs.
    lost: Vec<f64>,
}

impl Columns {
    /// Of inputs with these moments.
    pub fn new(moments: &Moments) -> Self {
        let width = moments.width();
        let [own, lost] = moments.covariances();
        let variance = |input: usize| own[input * width + input];
        let mean = (0..width).map(variance).sum::<f64>() / width as f64;
        // Inputs that never vary leave a row free, and it goes to its nearest integers.
        let damping = if mean > 0.0 { DAMPING * mean } else { 1.0 };
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|&left, &right| variance(left).total_cmp(&variance(right)));
        let ordered = |matrix: &[f64]| -> Vec<f64> {
            order.iter().flat_map(|&row| order.iter().map(move |&column| matrix[row * width + column])).collect()
        };
        let (mut own, lost) = (ordered(&own), ordered(&lost));
        own.iter_mut().step_by(width + 1).for_each(|variance| *variance += damping);
        Self { factor: transposed_factor(own, width), lost, order }
    }

    /// The weights that give for the inputs as they are what `row` gave for what they have lost, too: w + w·D·C⁻¹, with
    /// the covariances D of what was lost with what is left.
    pub fn target(&self, row: &[f32]) -> Vec<f64> {
        let width = self.order.len();
        let mut y = vec![0.0; width];
        for (&input, lost) in self.order.iter().zip(self.lost.chunks_exact(width)) {
            let weight = f64::from(row[input]);
            y.iter_mut().zip(lost).for_each(|(y, lost)| *y += weight * lost);
        }
        for k in 0..width {
            let factor = &self.factor[k * width..][..width];
            y[k] /= factor[k];
            let (done, rest) = y.split_at_mut(k + 1);
            rest.iter_mut().zip(&factor[k + 1..]).for_each(|(y, factor)| *y -= factor * done[k]);
        }
        for k in (0..width).rev() {
            let factor = &self.factor[k * width..][..width];
            y[k] = (y[k] - dot(&factor[k + 1..], &y[k + 1..])) / factor[k];
        }
        let mut target: Vec<f64> = row.iter().map(|&weight| f64::from(weight)).collect();
        self.order.iter().zip(y).for_each(|(&input, change)| target[input] += change);
        target
    }

    /// The integers that times `scale` come nearest to `target`, by what they give.
    pub fn round(&self, target: &[f64], scale: f32) -> Vec<i8> {
        let width = self.order.len();
        let scale = f64::from(scale);
        let (mut room, mut integers, mut errors) = (Headroom::new(width), vec![0; width], vec![0.0; width]);
        // A row of zeros has no scale, and its integers are what they are.
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        for k in (0..width).rev() {
            let (input, factor) = (self.order[k], &self.factor[k * width..][..width]);
            let open = dot(&factor[k + 1..], &errors[k + 1..]) / factor[k];
            integers[input] = room.nearest(input, (target[input] + open) * inverse);
            errors[k] = target[input] - f64::from(integers[input]) * scale;
        }
        integers
    }
}

/// Lᵀ of the matrix C = L·Lᵀ, row after row, zeros included.
fn transposed_factor(mut matrix: Vec<f64>, width: usize) -> Vec<f64> {
    for k in 0..width {
        let (done, rest) = matrix.split_at_mut(k * width);
        let row = &mut rest[..width];
        row[..k].fill(0.0);
        for above in done.chunks_exact(width) {
            let factor = above[k];
            row[k..].iter_mut().zip(&above[k..]).for_each(|(value, above)| *value -= factor * above);
        }
        // The damping keeps it above zero but for the last digits.
        let diagonal = row[k].max(f64::MIN_POSITIVE).sqrt();
        row[k..].iter_mut().for_each(|value| *value /= diagonal);
    }
    matrix
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}
