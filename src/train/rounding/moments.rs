//! What is known of the inputs of a linear layer: their means and how they go together.

use crate::kernels::product::{Matrix, Parallelism, multiply};

/// Sums over tokens of what a linear layer is given, x where the layers before it are rounded and x + δ where they are not.
pub struct Moments {
    tokens: f64,
    x: Vec<f64>,
    lost: Vec<f64>,
    /// Of x · xᵀ and of δ · xᵀ.
    products: [Vec<f64>; 2],
    scratch: Vec<f32>,
}

impl Moments {
    /// Of no tokens yet.
    pub fn new(width: usize) -> Self {
        let zeros = |length| vec![0.0; length];
        let products = [zeros(width * width), zeros(width * width)];
        Self { tokens: 0.0, x: zeros(width), lost: zeros(width), products, scratch: vec![0.0; width * width] }
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
        for (left, sums) in [x, &lost].into_iter().zip(&mut self.products) {
            let output = Matrix::new(&mut self.scratch[..], width, width);
            let left = Matrix::new(left, rows, width).transposed();
            multiply(output, false, left, Matrix::new(x, rows, width), Parallelism::AllCores);
            sums.iter_mut().zip(&self.scratch).for_each(|(sum, &product)| *sum += f64::from(product));
        }
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
