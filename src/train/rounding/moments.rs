//! What is known of the inputs of a linear layer: their means and how they go together.

use crate::kernels::product::{Matrix, Parallelism, multiply};

/// The power whose mean says how large an input gets.
const PEAK: i32 = 8;

/// Sums over tokens of what a linear layer is given, x where the layers before it are rounded and x + δ where they are not.
pub struct Moments {
    tokens: f64,
    x: Vec<f64>,
    lost: Vec<f64>,
    /// Of x · xᵀ and of δ · xᵀ.
    products: [Vec<f64>; 2],
    /// Of x to the power of [`PEAK`].
    peaks: Vec<f64>,
    scratch: Vec<f32>,
}

impl Moments {
    /// Of no tokens yet.
    pub fn new(width: usize) -> Self {
        let zeros = |length| vec![0.0; length];
        let products = [zeros(width * width), zeros(width * width)];
        Self {
            tokens: 0.0,
            x: zeros(width),
            lost: zeros(width),
            peaks: zeros(width),
            products,
            scratch: vec![0.0; width * width],
        }
    }

    /// Adds tokens: what the float model gives for them, row after row, and the rounded one.
    pub fn add(&mut self, float: &[f32], x: &[f32]) {
        let width = self.width();
        let rows = x.len() / width;
        let lost: Vec<f32> = float.iter().zip(x).map(|(float, x)| float - x).collect();
        self.tokens += rows as f64;
        for (values, sums) in [(x, &mut self.x), (&lost, &mut self.lost)] {
            for row in values.chunks_exact(width) {
                sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
            }
        }
        for row in x.chunks_exact(width) {
            self.peaks.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value).powi(PEAK));
        }
        for (left, sums) in [x, &lost].into_iter().zip(&mut self.products) {
            let output = Matrix::new(&mut self.scratch[..], width, width);
            let left = Matrix::new(left, rows, width).transposed();
            multiply(output, false, left, Matrix::new(x, rows, width), Parallelism::AllCores);
            sums.iter_mut().zip(&self.scratch).for_each(|(sum, &product)| *sum += f64::from(product));
        }
    }

    /// How large each input is where it is large: between its standard deviation and its greatest magnitude, of which one token
    /// would decide.
    pub fn peaks(&self) -> Vec<f64> {
        self.peaks.iter().map(|sum| (sum / self.tokens.max(1.0)).powf(1.0 / f64::from(PEAK))).collect()
    }

    /// Makes these the moments of the inputs times `factors`.
    pub fn multiply(&mut self, factors: &[f32]) {
        let factors: Vec<f64> = factors.iter().map(|&factor| factor.into()).collect();
        let scale =
            |values: &mut [f64], by: f64| values.iter_mut().zip(&factors).for_each(|(value, f)| *value *= by * f);
        scale(&mut self.x, 1.0);
        scale(&mut self.lost, 1.0);
        for products in &mut self.products {
            products.chunks_exact_mut(factors.len()).zip(&factors).for_each(|(row, &by)| scale(row, by));
        }
        self.peaks.iter_mut().zip(&factors).for_each(|(peak, factor)| *peak *= factor.powi(PEAK));
    }

    /// Whether they are numbers.
    pub fn are_finite(&self) -> bool {
        self.peaks.iter().chain(self.products.iter().flatten()).all(|sum| sum.is_finite())
    }

    /// How many inputs there are.
    pub fn width(&self) -> usize {
        self.x.len()
    }

    /// The covariances of x with itself and of δ with x, row after row: about the mean, since a bias makes up for the rest.
    pub fn covariances(&self) -> [Vec<f64>; 2] {
        let tokens = self.tokens.max(1.0);
        [(&self.x, &self.products[0]), (&self.lost, &self.products[1])].map(|(sums, products)| {
            let rows = products.chunks_exact(self.width()).zip(sums);
            let centred = rows.flat_map(|(row, left)| {
                row.iter().zip(&self.x).map(move |(product, right)| product / tokens - left / tokens * (right / tokens))
            });
            centred.collect()
        })
    }

    /// What a row of weights gives in the mean for x + δ, less what its integers give for x.
    pub fn mean_error(&self, row: &[f32], integers: &[i8], scale: f32) -> f64 {
        let inputs = row.iter().zip(integers).zip(self.x.iter().zip(&self.lost));
        let errors = inputs.map(|((&weight, &integer), (x, lost))| {
            f64::from(weight) * (x + lost) - f64::from(integer) * f64::from(scale) * x
        });
        errors.sum::<f64>() / self.tokens.max(1.0)
    }
}
