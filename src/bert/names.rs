//! What a model's tensors are called: the encoder's as in Hugging Face's BERT, and the heads'.
//!
//! A tensor's name is that of the module it belongs to, a dot, and `weight` or `bias`.

/// The table of word vectors.
pub const WORD_EMBEDDINGS: &str = "embeddings.word_embeddings.weight";
/// The table of position vectors.
pub const POSITION_EMBEDDINGS: &str = "embeddings.position_embeddings.weight";
/// The table of token type vectors.
pub const TOKEN_TYPE_EMBEDDINGS: &str = "embeddings.token_type_embeddings.weight";
/// The layer normalisation of the embeddings.
pub(super) const EMBEDDINGS_NORM: &str = "embeddings.LayerNorm";
/// The linear layer of the pooler.
pub(super) const POOLER_LINEAR: &str = "pooler.dense";

/// How the names of the embeddings' tensors begin.
pub const EMBEDDINGS: &str = "embeddings.";
/// How those of all layers begin.
const LAYERS: &str = "encoder.layer.";
/// How those of the pooler begin.
pub const POOLER: &str = "pooler.";
/// How those of all heads begin.
pub const HEADS: &str = "heads.";
/// How the name of every tensor of a model begins.
#[cfg(not(target_arch = "wasm32"))]
pub(super) const ALL: [&str; 4] = [EMBEDDINGS, "encoder.", POOLER, HEADS];

/// The linear layers of a layer.
pub(super) const LINEARS: [&str; 6] = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
];
/// What a bundle may have for the inputs of the first three and of the fifth: factors that they are multiplied by before they
/// are rounded to few bits, so that no input is much larger than the others (Xiao et al. 2022, SmoothQuant). The weights
/// are for the products.
pub(super) const SMOOTHING: [&str; 2] = ["attention.self.smoothing", "intermediate.smoothing"];
/// The layer normalisations of a layer.
pub(super) const NORMS: [&str; 2] = ["attention.output.LayerNorm", "output.LayerNorm"];

/// The layer number `index`.
pub fn layer(index: usize) -> String {
    format!("{LAYERS}{index}")
}

/// Which layer the tensor `name` belongs to; none where it belongs to no layer.
pub fn layer_of(name: &str) -> Option<usize> {
    name.strip_prefix(LAYERS)?.split('.').next()?.parse().ok()
}

/// The head of `task`.
pub fn head(task: &str) -> String {
    format!("{HEADS}{task}")
}

/// The weight and the bias of the head of `task`.
pub fn head_tensors(task: &str) -> [String; 2] {
    let head = head(task);
    [weight(&head), bias(&head)]
}

/// The weight of `module`.
pub fn weight(module: &str) -> String {
    format!("{module}.weight")
}

/// The bias of `module`.
pub fn bias(module: &str) -> String {
    format!("{module}.bias")
}

/// Whether `name` is that of a bias, or of any tensor of a layer normalisation: of what weight decay leaves alone.
pub fn is_bias_or_norm(name: &str) -> bool {
    name.ends_with(".bias") || name.contains("LayerNorm.")
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn names_tell_what_they_name() {
        assert_eq!(weight(&layer(11)), "encoder.layer.11.weight");
        assert_eq!(layer_of(&format!("{}.{}", layer(11), weight(LINEARS[0]))), Some(11));
        for name in [WORD_EMBEDDINGS, "encoder.layer.x.bias", "pooler.dense.weight", &bias(&head("encoder.layer.1"))] {
            assert_eq!(layer_of(name), None, "{name}");
        }
        assert!(is_bias_or_norm(&bias(&head("a"))) && is_bias_or_norm(&weight(EMBEDDINGS_NORM)));
        assert!(!is_bias_or_norm(WORD_EMBEDDINGS) && !is_bias_or_norm(&weight(POOLER_LINEAR)));
    }
}
