"""onnxruntime, classifying whatever the other side of a pipe asks for: a contender of benches/native.

Arguments: an ONNX model, threads. A question is a line: a JSON list of batches of texts of token ids. The answer is one, too:
how many seconds all batches took, after the first was run once without counting, and every text's probabilities.
"""

import json
import sys
import time

import numpy
import onnxruntime

model, threads = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = int(threads)
options.inter_op_num_threads = 1
# Its threads wait in a loop for the next operation, but not beyond the last: that time is another contender's.
options.add_session_config_entry("session.force_spinning_stop", "1")
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def padded(batch):
    shape = (len(batch), max(map(len, batch)))
    words, mask, types = (numpy.zeros(shape, dtype=numpy.int64) for _ in range(3))
    for row, text in enumerate(batch):
        words[row, : len(text)] = text
        mask[row, : len(text)] = 1
    return {"input_ids": words, "attention_mask": mask, "token_type_ids": types}


for line in sys.stdin:
    batches = [padded(batch) for batch in json.loads(line)]
    session.run(["logits"], batches[0])
    start = time.perf_counter()
    logits = [session.run(["logits"], batch)[0] for batch in batches]
    seconds = time.perf_counter() - start
    probabilities = 1 / (1 + numpy.exp(-numpy.concatenate(logits)))
    print(json.dumps({"seconds": seconds, "probabilities": probabilities.tolist()}), flush=True)
