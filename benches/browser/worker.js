// A peer in a worker of its own: loads what it is told to, and classifies.
import { meter } from "../site/measure.js";

meter();

const npm = new URL("../npm/", import.meta.url).href;
const model = new URL("../peer/", import.meta.url).href;

// A file, from the browser's store where an earlier worker has left it there.
const file = async (name) => {
  const store = await caches.open("peers");
  const address = `${model}${name}`;
  if (!(await store.match(address))) {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${name} is not there`);
    await store.put(address, response);
  }
  return new Uint8Array(await (await store.match(address)).arrayBuffer());
};

// Each resolves to a function from a text and its tokens' ids to logits, or to probabilities where it gives no logits.
const onnxruntime = async (name) => {
  const ort = await import(`${npm}onnxruntime-web/dist/ort.wasm.min.mjs`);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = `${npm}onnxruntime-web/dist/`;
  const session = await ort.InferenceSession.create(await file(name), { executionProviders: ["wasm"] });
  const tensor = (numbers) => new ort.Tensor("int64", BigInt64Array.from(numbers, BigInt), [1, numbers.length]);
  return async ({ ids }) => {
    const { logits } = await session.run({
      input_ids: tensor(ids),
      attention_mask: tensor(ids.map(() => 1)),
      token_type_ids: tensor(ids.map(() => 0)),
    });
    return { logits: [...logits.data] };
  };
};

const transformers = async (dtype) => {
  const { env, pipeline } = await import(`${npm}@huggingface/transformers/dist/transformers.min.js`);
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = new URL("../", import.meta.url).pathname;
  env.backends.onnx.wasm.numThreads = 1;
  env.backends.onnx.wasm.wasmPaths = `${npm}@huggingface/transformers/node_modules/onnxruntime-web/dist/`;
  const classify = await pipeline("text-classification", "peer", { device: "wasm", dtype });
  const labels = Object.values(classify.model.config.id2label);
  return async ({ text }) => {
    const scores = await classify(text, { top_k: null });
    return { probabilities: labels.map((label) => scores.find((score) => score.label === label).score) };
  };
};

const compiled = async () => {
  const peers = await import("../peers/peers.js");
  await peers.default();
  return peers;
};

const candle = async () => {
  const { Candle } = await compiled();
  const config = new TextDecoder().decode(await file("config.json"));
  const engine = new Candle(config, await file("model.safetensors"));
  return async ({ ids }) => ({ logits: [...engine.run(Uint32Array.from(ids))] });
};

const rten = async (name) => {
  const { Rten } = await compiled();
  const engine = new Rten(await file(name));
  return async ({ ids }) => ({ logits: [...engine.run(Uint32Array.from(ids))] });
};

const PEERS = {
  "onnxruntime-web f32": () => onnxruntime("onnx/model.onnx"),
  "onnxruntime-web int8": () => onnxruntime("onnx/model_quantized.onnx"),
  "transformers.js int8": () => transformers("q8"),
  "candle f32": candle,
  "rten f32": () => rten("onnx/model_unfused.onnx"),
  "rten int8": () => rten("onnx/model_unfused_quantized.onnx"),
};

const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));
const say = (response) => postMessage(JSON.stringify(response));

let run;
onmessage = async ({ data }) => {
  const { load, classify } = JSON.parse(data);
  try {
    if (load) {
      run = await PEERS[load]();
      say({ Ready: true });
    } else {
      const begun = performance.now();
      const { logits, probabilities } = await run(classify);
      const milliseconds = performance.now() - begun;
      say({ Answer: { milliseconds, probabilities: probabilities ?? logits.map(sigmoid) } });
    }
  } catch (reason) {
    say({ Failed: { sentence: String(reason?.message ?? reason) } });
  }
};
say({ Started: true });
