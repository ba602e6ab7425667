"""A fine-tuning step in PyTorch, made whenever the other side of a pipe says so: the peer of benches/train.

Arguments: checkpoint, precision (f32 or bf16), threads, texts, tokens, learning rate. Answers "step" with its seconds,
the processor's seconds and the loss, "memory" with the most memory that was resident, in MB.
"""

import math
import sys
import time

import torch
import transformers

base, precision, threads, texts, tokens, rate = sys.argv[1:]
texts, tokens = int(texts), int(tokens)
torch.set_num_threads(int(threads))

# No dropout, as on the other side. transformers' default attention is PyTorch's fused one, its fastest here.
encoder = transformers.BertModel.from_pretrained(
    base, add_pooling_layer=False, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, dtype=torch.float32
)
encoder.train()
head = torch.nn.Linear(encoder.config.hidden_size, 1)
with torch.no_grad():
    head.weight.copy_(torch.tensor([[0.02 * math.sin(i) for i in range(encoder.config.hidden_size)]]))
    head.bias.zero_()
parameters = [*encoder.parameters(), *head.parameters()]
optimizer = torch.optim.RAdam(parameters, lr=float(rate), foreach=True)

words = [[1000 + (text * 131 + token * 7919) % 28000 for token in range(tokens)] for text in range(texts)]
for text in words:
    text[0], text[-1] = 101, 102
words = torch.tensor(words)
mask = torch.ones_like(words)
targets = torch.tensor([[float(text % 2)] for text in range(texts)])


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        hidden = encoder(words, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        logits = head((hidden * weights).sum(1) / weights.sum(1))
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), targets)
    loss.backward()
    optimizer.step()
    return loss.item()



def peak_megabytes():
    """What Linux says. Its ru_maxrss would count the parent's memory, too, from before this program replaced it."""
    with open("/proc/self/status") as status:
        kibibytes = next(line for line in status if line.startswith("VmHWM:")).split()[1]
    return int(kibibytes) * 1024 / 1e6


print("PyTorch", torch.__version__, flush=True)
for line in sys.stdin:
    if line == "step\n":
        start, processor = time.perf_counter(), time.process_time()
        loss = step()
        print(time.perf_counter() - start, time.process_time() - processor, loss, flush=True)
    else:
        print(peak_megabytes(), flush=True)
