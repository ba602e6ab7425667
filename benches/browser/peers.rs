//! Other engines in WebAssembly, for the benchmark in the browser: candle's own model, and rten.
//!
//! Both run the network of the bundle that is measured, as `benches/peers/model.py` has written it: candle from
//! `model.safetensors` in f32, rten from an ONNX file. Only the browser's build of this has anything in it.

fn main() {}

#[cfg(target_arch = "wasm32")]
mod browser {
    use candle_core::{DType, Device, Tensor};
    use candle_nn::{Linear, Module, VarBuilder};
    use candle_transformers::models::bert::{BertModel, Config};
    use rten::{Model, NodeId};
    use rten_tensor::NdTensor;
    use rten_tensor::prelude::*;
    use wasm_bindgen::prelude::*;

    fn sentence(error: impl std::fmt::Display) -> JsError {
        JsError::new(&error.to_string())
    }

    /// candle-transformers' BERT in f32, mean pooling and the heads.
    #[wasm_bindgen]
    pub struct Candle {
        model: BertModel,
        heads: Linear,
    }

    #[wasm_bindgen]
    impl Candle {
        /// From `config.json` and `model.safetensors`.
        #[wasm_bindgen(constructor)]
        pub fn new(config: &str, weights: Vec<u8>) -> Result<Self, JsError> {
            let config: Config = serde_json::from_str(config).map_err(sentence)?;
            let variables =
                VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu).map_err(sentence)?;
            let weight = variables.get_unchecked("classifier.weight").map_err(sentence)?;
            let bias = variables.get_unchecked("classifier.bias").map_err(sentence)?;
            let model = BertModel::load(variables, &config).map_err(sentence)?;
            Ok(Self { model, heads: Linear::new(weight, Some(bias)) })
        }

        /// The logits of one text.
        pub fn run(&self, ids: &[u32]) -> Result<Vec<f32>, JsError> {
            let logits = || {
                let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?;
                let hidden = self.model.forward(&ids, &ids.zeros_like()?, None)?;
                self.heads.forward(&hidden.mean(1)?)?.squeeze(0)?.to_vec1()
            };
            logits().map_err(sentence)
        }
    }

    /// rten on an ONNX file.
    #[wasm_bindgen]
    pub struct Rten {
        model: Model,
        inputs: Vec<(NodeId, Input)>,
        output: NodeId,
    }

    #[derive(Clone, Copy)]
    enum Input {
        Ids,
        Mask,
        TokenTypes,
    }

    #[wasm_bindgen]
    impl Rten {
        /// From the file's content.
        #[wasm_bindgen(constructor)]
        pub fn new(onnx: Vec<u8>) -> Result<Self, JsError> {
            let model = Model::load(onnx).map_err(sentence)?;
            let mut inputs = Vec::new();
            for (name, input) in
                [("input_ids", Input::Ids), ("attention_mask", Input::Mask), ("token_type_ids", Input::TokenTypes)]
            {
                inputs.push((model.node_id(name).map_err(sentence)?, input));
            }
            let output = model.node_id("logits").map_err(sentence)?;
            Ok(Self { model, inputs, output })
        }

        /// The logits of one text.
        pub fn run(&self, ids: &[u32]) -> Result<Vec<f32>, JsError> {
            let shape = [1, ids.len()];
            let inputs = self.inputs.iter().map(|&(node, input)| {
                let values = match input {
                    Input::Ids => ids.iter().map(|&id| id as i32).collect(),
                    Input::Mask => vec![1; ids.len()],
                    Input::TokenTypes => vec![0; ids.len()],
                };
                (node, NdTensor::from_data(shape, values).into())
            });
            let [logits] = self.model.run_n(inputs.collect(), [self.output], None).map_err(sentence)?;
            let logits: NdTensor<f32, 2> = logits.try_into().map_err(sentence)?;
            Ok(logits.iter().copied().collect())
        }
    }
}
