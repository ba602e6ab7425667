//! The int8 products of rten-gemm: bytes by bytes to i32, the weights packed beforehand as it likes them best. Rounding, scales,
//! bias and GELU, which are within our own times, are not within its.

use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_tensor::NdTensorView;

/// A weight matrix as rten-gemm reads it.
pub struct Peer {
    executor: GemmExecutor<u8, i8, i32>,
    weights: PackedBMatrix<i8>,
    inputs: usize,
}

impl Peer {
    /// Packs rows of `inputs` integers.
    pub fn new(integers: &[i8], inputs: usize) -> Self {
        let executor = GemmExecutor::new();
        let rows = NdTensorView::from_data([integers.len() / inputs, inputs], integers);
        let weights = executor.prepack_b(rows.transposed());
        Self { executor, weights, inputs }
    }

    /// x · Wᵀ.
    pub fn multiply(&self, x: &[u8], output: &mut [i32]) {
        let x = NdTensorView::from_data([x.len() / self.inputs, self.inputs], x);
        let (x, weights) = (GemmInputA::Unpacked(x), GemmInputB::Packed(&self.weights));
        self.executor.gemm(output, x, weights, GemmOptions::default()).expect("sizes that fit each other");
    }
}
