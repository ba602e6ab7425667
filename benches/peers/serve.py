"""A server as one would write it in Python: Starlette on uvicorn, its C parser and loop, and onnxruntime in int8 for whatever waits.

Arguments: the folder that model.py wrote, a port of 127.0.0.1, and how many threads onnxruntime has. It answers POST /v1alpha1/comments:analyze with the
one attribute that benches/serve asks for, TOXICITY, and reads of the request its text alone: it does less than `undertone serve` does.

As there, what came in while the last texts were classified is classified together, at once and on another thread than the one that speaks HTTP.
"""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import onnxruntime
import tokenizers
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

# Of 8, 16 and 32 none gave more requests a second than another, with 64 clients on two cores that had other work, too.
MOST = 16

folder, port, threads = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
options.inter_op_num_threads = 1
# Its threads wait in a loop for the next operation, but not beyond the last: that time is the HTTP thread's, and other contenders'.
options.add_session_config_entry("session.force_spinning_stop", "1")
session = onnxruntime.InferenceSession(folder / "onnx/model_quantized.onnx", options, providers=["CPUExecutionProvider"])
tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
tokenizer.enable_truncation(json.loads((folder / "tokenizer_config.json").read_text())["model_max_length"])
label = list(json.loads((folder / "config.json").read_text())["label2id"]).index("toxicity/toxic")
executor = ThreadPoolExecutor(1)
waiting = []
some = asyncio.Event()


def classify(texts):
    encoded = tokenizer.encode_batch(texts)
    part = lambda name: numpy.array([getattr(text, name) for text in encoded], dtype=numpy.int64)
    inputs = {"input_ids": part("ids"), "attention_mask": part("attention_mask"), "token_type_ids": part("type_ids")}
    logits = session.run(["logits"], inputs)[0][:, label]
    return (1 / (1 + numpy.exp(-logits))).tolist()


async def work():
    global waiting
    while True:
        await some.wait()
        batch, waiting = waiting[:MOST], waiting[MOST:]
        if not waiting:
            some.clear()
        try:
            answers = await asyncio.get_running_loop().run_in_executor(executor, classify, [text for text, _ in batch])
            for (_, answer), probability in zip(batch, answers):
                answer.set_result(probability)
        except Exception as error:
            for _, answer in batch:
                answer.set_exception(error)


async def analyze(request):
    text = (await request.json())["comment"]["text"]
    answer = asyncio.get_running_loop().create_future()
    waiting.append((text, answer))
    some.set()
    score = {"value": await answer, "type": "PROBABILITY"}
    return JSONResponse({"attributeScores": {"TOXICITY": {"summaryScore": score}}, "languages": ["en"]})


async def main():
    app = Starlette(routes=[Route("/v1alpha1/comments:analyze", analyze, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False))
    worker = asyncio.create_task(work())
    await server.serve()
    worker.cancel()


uvloop.run(main())
