"""Models of full size: how far our states are from transformers', and the time and memory of both.

    python full_size.py deberta-xlarge-mnli [--layers 48] [--drawn] [--bin]

Runs in the environment of requirements-bertscore.txt, and the encoder's example `states` with cargo, on one thread each.
It needs 20 GB of memory and 3 GB in the folder for temporary files. Float32 differs from itself by the order of sums, and
the more so the deeper a model is; so both sides are also measured against transformers in float64.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import numpy as np
import torch
from bert_score.utils import get_model
from transformers import AutoConfig, AutoModel

from made_weights import made

HERE = pathlib.Path(__file__).parent
SHORT = 24
LONG = (128, 512)


@dataclass(frozen=True)
class Full:
    """One model: its config.json but for transformers' defaults, and the layers that bert-score takes of it."""

    layers: int
    config: dict


_LARGE = {"hidden_size": 1024, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 50265}
MODELS = {
    "deberta-xlarge-mnli": Full(40, {**_LARGE, "model_type": "deberta", "num_hidden_layers": 48, "layer_norm_eps": 1e-7,
                                     "relative_attention": True, "pos_att_type": "c2p|p2c", "max_relative_positions": -1,
                                     "position_biased_input": False, "type_vocab_size": 0}),
    "roberta-large": Full(17, {**_LARGE, "model_type": "roberta", "num_hidden_layers": 24, "layer_norm_eps": 1e-5,
                               "max_position_embeddings": 514, "type_vocab_size": 1, "pad_token_id": 1}),
}


def batches():
    """Short texts of all lengths together, as bert-score has them, and two long ones alone."""
    random = np.random.default_rng(0)
    lengths = [np.sort(random.integers(8, 49, SHORT)).tolist(), *([length] for length in LONG)]
    return [[random.integers(3, 50000, length).tolist() for length in batch] for batch in lengths]


@torch.no_grad()
def make(full, folder, drawn, as_bin):
    """Writes the checkpoint; every weight is away from its initial value, or `drawn` as transformers draws it."""
    config = AutoConfig.for_model(**full.config)
    with torch.device("cpu" if drawn else "meta"):
        model = AutoModel.from_config(config)
    if not drawn:
        weights = {name: made(name, list(value.shape)) for name, value in model.state_dict().items()}
        model.load_state_dict(weights, assign=True)
    model.save_pretrained(folder, safe_serialization=not as_bin, max_shard_size="100GB")


def in_float64(model):
    """`model` in float64 throughout; DeBERTa's own norm would fall back to float32."""
    for parent in list(model.modules()):
        for name, norm in parent.named_children():
            if type(norm).__name__ == "DebertaLayerNorm":
                exact = torch.nn.LayerNorm(norm.weight.shape, eps=norm.variance_epsilon)
                exact.weight, exact.bias = norm.weight, norm.bias
                setattr(parent, name, exact)
    return model.double()


def padded(batch, padding):
    longest = max(map(len, batch))
    ids = torch.tensor([ids + [padding] * (longest - len(ids)) for ids in batch])
    return ids, torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in batch])


@torch.no_grad()
def reference(folder, layers, dtype, out):
    """What `states` does, by transformers."""
    torch.set_num_threads(1)
    started = time.process_time()
    model = get_model(str(folder), layers).eval()
    loading = time.process_time() - started
    model = in_float64(model) if dtype == "float64" else model
    loaded, seconds, states = memory("VmRSS"), [], []
    model(torch.tensor([[5, 6, 7]]))
    for batch in batches():
        ids, mask = padded(batch, model.config.pad_token_id)
        started = time.process_time()
        padded_states = model(ids, mask)[0]
        seconds.append(time.process_time() - started)
        states += [rows[: len(ids)].numpy().ravel() for rows, ids in zip(padded_states, batch)]
    np.concatenate(states).tofile(out)
    return {"loading": loading, "seconds": seconds, "loaded": loaded, "peak": memory("VmHWM")}


def memory(key):
    status = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
    return int(status[key].split()[0]) * 1024


def run(command):
    """The JSON object that `command` prints last."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    return json.loads(printed.splitlines()[-1])


def compare(full, layers, folder):
    """Both sides, each in a process of its own, and the differences of their states."""
    (folder / "batches.json").write_text(json.dumps(batches()))
    ours = ["cargo", "run", "-q", "-p", "gpu-bridge-encoder", "--example", "states", "--", str(folder), str(layers),
            str(folder / "batches.json"), str(folder / "ours")]
    theirs = [sys.executable, __file__, "--reference", str(folder), "--layers", str(layers), "--dtype"]
    spent = {"ours": run(ours)}
    for dtype in ("float32", "float64"):
        spent[dtype] = run([*theirs, dtype])
    states = {name: np.fromfile(folder / name, "<f8" if name == "float64" else "<f4").astype(np.float64)
              for name in spent}
    return spent, states


def report(name, layers, spent, states):
    tokens = [sum(map(len, batch)) for batch in batches()]
    print(f"{name}, {layers} layers, {sum(tokens)} tokens, states up to {np.abs(states['float64']).max():.1f}")
    for one, other in (("ours", "float32"), ("ours", "float64"), ("float32", "float64")):
        difference = np.abs(states[one] - states[other])
        print(f"  {one} from {other}: largest {difference.max():.2e}, mean {difference.mean():.2e}")
    for side in ("ours", "float32"):
        speed = ", ".join(f"{count / seconds:.1f}" for count, seconds in zip(tokens, spent[side]["seconds"]))
        gib = {key: spent[side][key] / 2**30 for key in ("loaded", "peak")}
        print(f"  {side}: {speed} tokens/s, loaded in {spent[side]['loading']:.1f} s to {gib['loaded']:.2f} GiB, "
              f"peak {gib['peak']:.2f} GiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=MODELS, nargs="?")
    parser.add_argument("--layers", type=int, help="those that bert-score takes where not given")
    parser.add_argument("--drawn", action="store_true", help="weights as transformers draws them before training")
    parser.add_argument("--bin", action="store_true", help="save the checkpoint as pytorch_model.bin")
    parser.add_argument("--reference", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--dtype", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.reference:
        folder = arguments.reference
        print(json.dumps(reference(folder, arguments.layers, arguments.dtype, folder / arguments.dtype)))
        return
    full = MODELS[arguments.model]
    layers = full.layers if arguments.layers is None else arguments.layers
    with tempfile.TemporaryDirectory() as folder:
        torch.manual_seed(0)
        make(full, folder, arguments.drawn, arguments.bin)
        spent, states = compare(full, layers, pathlib.Path(folder))
    report(arguments.model, layers, spent, states)


if __name__ == "__main__":
    main()
