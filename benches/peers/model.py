"""The models that the peers run, made from a bundle, so that every contender runs the very same network.

Arguments: the bundle's folder and the folder to write, in which other runtimes look for:

onnx/model.onnx            f32, its operations fused as onnxruntime runs them best
onnx/model_quantized.onnx  int8: weights rounded for each output, activations as they come
onnx/model_unfused.onnx    f32, for those who know but the operations that ONNX has
onnx/model_unfused_quantized.onnx
model.safetensors          f32, under the names of Hugging Face's BertForSequenceClassification, `classifier` being all heads
config.json, tokenizer.json, tokenizer_config.json

The models give one row of logits for each text: the labels of all tasks about texts, in the manifest's order, as the heads
give them after calibration, which is folded into the heads. Heads that score tokens are left out.
"""

import json
import logging
import os
import shutil
import sys
import warnings
from pathlib import Path

import numpy
import onnx
import onnxruntime
import safetensors.numpy
import safetensors.torch
import tokenizers
import torch
import transformers
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OPSET = 17
# What export and quantisation warn of is chosen here, or found by the check at the end.
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

TEXTS = [
    "What a lovely film!",
    "The first hour drags, but the ending makes up for all of it and I would gladly watch it again.",
    "You are an idiot, and nobody wants to read your stupid comments here.",
]


def main():
    if len(sys.argv) != 3:
        sys.exit("model.py takes the bundle's folder and the folder to write.")
    bundle, out = Path(sys.argv[1]), Path(sys.argv[2])
    if not (bundle / "manifest.json").exists():
        sys.exit(f"{bundle} is no bundle: it has no manifest.json.")
    manifest = json.loads((bundle / "manifest.json").read_text())
    if manifest["pooling"] != "mean":
        sys.exit(f"The bundle pools by {manifest['pooling']}, and the peers by the mean only.")

    # Built beside its place, so that a run that fails leaves what was there.
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "onnx").mkdir(parents=True)
    classifier = Classifier(manifest, widened(bundle / "model.safetensors")).eval()
    tokenizer = tokenizers.Tokenizer.from_file(str(bundle / "tokenizer.json"))
    write_descriptions(part, bundle, manifest)
    safetensors.torch.save_file(dict(classifier.state_dict()), part / "model.safetensors")
    export(classifier, part / "onnx")
    check(classifier, tokenizer, part / "onnx")

    (out / "onnx").mkdir(parents=True, exist_ok=True)
    # The configuration last: where it is, the rest is, too.
    for file in sorted(part.glob("**/*.*"), key=lambda file: file.name == "config.json"):
        os.replace(file, out / file.relative_to(part))
    shutil.rmtree(part)
    for file in sorted((out / "onnx").iterdir()):
        print(f"{file} has {file.stat().st_size / 1e6:.1f} MB.")


class Classifier(torch.nn.Module):
    def __init__(self, manifest, weights):
        super().__init__()
        # The optimiser below knows the graph of attention that is written out.
        config = transformers.BertConfig(**manifest["architecture"], attn_implementation="eager")
        self.bert = transformers.BertModel(config, add_pooling_layer=False)
        encoder = {name: tensor for name, tensor in weights.items() if not name.startswith("heads.")}
        self.bert.load_state_dict(encoder)
        heads = [calibrated_head(task, weights) for task in text_tasks(manifest)]
        weight, bias = (torch.cat(parts) for parts in zip(*heads))
        self.classifier = torch.nn.Linear(weight.shape[1], weight.shape[0])
        self.classifier.load_state_dict({"weight": weight, "bias": bias})

    def forward(self, input_ids, attention_mask, token_type_ids):
        encoded = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        tokens, mask = encoded.last_hidden_state, attention_mask.unsqueeze(-1).float()
        return self.classifier((tokens * mask).sum(1) / mask.sum(1))


def text_tasks(manifest):
    return [task for task in manifest["tasks"] if task.get("unit", "text") == "text"]


def calibrated_head(task, weights):
    """A calibrated logit is a line through the head's, and so the logit of another head."""
    lines = [label.get("calibration", {"scale": 1.0, "bias": 0.0}) for label in task["labels"]]
    scale, shift = (torch.tensor([line[part] for line in lines]) for part in ["scale", "bias"])
    weight, bias = (weights[f"heads.{task['name']}.{part}"] for part in ["weight", "bias"])
    return scale[:, None] * weight, scale * bias + shift


def widened(path):
    """A bundle's tensors in f32 (src/bundle/weights.rs says how they are stored)."""
    stored = safetensors.numpy.load_file(path)

    def values(name, tensor):
        if tensor.ndim == 4:
            # Panels of eight outputs, quads of four inputs.
            panels, quads, outputs, inputs = tensor.shape
            tensor = tensor.transpose(0, 2, 1, 3).reshape(panels * outputs, quads * inputs)
        if tensor.dtype == numpy.int8:
            tensor = tensor * stored[f"{name}.scale"][:, None]
        elif tensor.dtype == numpy.uint8:
            tensor = from_groups(tensor, stored[f"{name}.scale"])
        return torch.from_numpy(tensor.astype(numpy.float32))

    weights = {name: values(name, tensor) for name, tensor in stored.items() if not name.endswith((".scale", ".sums"))}
    for name in [name for name in weights if name.endswith(".smoothing")]:
        # What inputs are multiplied by before they are rounded (src/bert/layer.rs), and here their weights instead.
        layer, factors = name.removesuffix(".smoothing"), weights.pop(name)
        parts = ["query", "key", "value"] if layer.endswith(".self") else ["dense"]
        for part in parts:
            weights[f"{layer}.{part}.weight"] = weights[f"{layer}.{part}.weight"] * factors
    return weights


def from_groups(packed, scales):
    """Rows of groups of 32 integers of 4 or 6 bits, the lowest bits first, each less than it is stored as by half its range."""
    words, groups, size = packed.shape
    width = size * 8 // 32
    bits = numpy.unpackbits(packed, axis=-1, bitorder="little").reshape(words, groups, 32, width)
    integers = bits.astype(numpy.int32) @ (1 << numpy.arange(width, dtype=numpy.int32)) - (1 << (width - 1))
    return (integers * scales.astype(numpy.float32)[..., None]).reshape(words, groups * 32)


def write_descriptions(out, bundle, manifest):
    labels = [f"{task['name']}/{label['name']}" for task in text_tasks(manifest) for label in task["labels"]]
    config = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        **manifest["architecture"],
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "problem_type": "multi_label_classification",
        "id2label": dict(enumerate(labels)),
        "label2id": {label: index for index, label in enumerate(labels)},
    }
    (out / "config.json").write_text(json.dumps(config, indent=2))
    shutil.copy(bundle / "tokenizer.json", out)
    tokenizer = {
        "tokenizer_class": "BertTokenizer",
        "model_max_length": manifest["max_tokens"],
        "do_lower_case": True,
        "tokenize_chinese_chars": True,
        "strip_accents": None,
        **{f"{name.lower()}_token": f"[{name}]" for name in ["UNK", "SEP", "PAD", "CLS", "MASK"]},
    }
    (out / "tokenizer_config.json").write_text(json.dumps(tokenizer, indent=2))


def export(classifier, folder):
    """The exporter that traces, since the graph of the newer one has patterns that the optimiser does not know."""
    config = classifier.bert.config
    ids = torch.tensor([[2, 5, 6, 3], [2, 5, 3, 0]])
    plain, single = folder / "model_unfused.onnx", folder / "model.onnx"
    torch.onnx.export(
        classifier,
        (ids, (ids > 0).long(), torch.zeros_like(ids)),
        plain,
        input_names=INPUTS,
        output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in INPUTS} | {"logits": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    fused = optimizer.optimize_model(
        str(plain), "bert", num_heads=config.num_attention_heads, hidden_size=config.hidden_size
    )
    count = fused.get_fused_operator_statistics()["Attention"]
    if count != config.num_hidden_layers:
        sys.exit(f"onnxruntime's optimiser fused the attention of {count} layers of {config.num_hidden_layers}: "
                 "are these the versions of torch, transformers and onnxruntime that the Makefile names?")
    fused.save_model_to_file(str(single))
    for model in [plain, single]:
        quantize_dynamic(
            model,
            model.with_stem(f"{model.stem}_quantized"),
            per_channel=True,
            weight_type=QuantType.QInt8,
            # It cannot find out what the fused operations give.
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )


def check(classifier, tokenizer, folder):
    """That the exported models say what PyTorch's says, of texts of different lengths together."""
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    texts = tokenizer.encode_batch(TEXTS)
    inputs = [numpy.array([getattr(text, part) for text in texts]) for part in ["ids", "attention_mask", "type_ids"]]
    with torch.inference_mode():
        expected = classifier(*map(torch.from_numpy, inputs))

    def logits(name):
        session = onnxruntime.InferenceSession(folder / name, providers=["CPUExecutionProvider"])
        return torch.from_numpy(session.run(["logits"], dict(zip(INPUTS, inputs)))[0])

    difference = (logits("model.onnx") - expected).abs().max().item()
    if not difference < 1e-3:
        sys.exit(f"The logits of the exported model differ from PyTorch's by {difference}.")
    rounded = (logits("model_quantized.onnx").sigmoid() - expected.sigmoid()).abs().max().item()
    print(f"Logits in f32 differ from PyTorch's by {difference:.1e}, probabilities in int8 by {rounded:.3f}.")


if __name__ == "__main__":
    main()
