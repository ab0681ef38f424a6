"""Makes `architectures/NAME.json` from the Python references, a section a run.

    python make_architectures.py hidden [NAME ...]      requirements-bertscore.txt (or -embeddings where 4.57 lacks it)

Each run replaces its section and keeps the others. States are float32, little-endian, in base64.
"""

import argparse
import base64
import importlib.metadata
import json
import pathlib
import tempfile

import numpy as np
import torch
from transformers import AutoConfig, AutoModel

from architectures import LAYERS, POSITIONS, SMALL, VOCABULARY
from made_weights import fill, refill

HERE = pathlib.Path(__file__).parent / "architectures"
LENGTHS = (1, 2, 5, 5, 12, 23, POSITIONS)


def base64_of(tensor):
    return base64.b64encode(tensor.float().contiguous().numpy().astype("<f4").tobytes()).decode()


def versions(*packages):
    return {package: importlib.metadata.version(package) for package in packages}


def build(small):
    """The model with its made weights, and its weights' names and shapes."""
    torch.manual_seed(0)
    model = AutoModel.from_config(AutoConfig.for_model(small.model_type, **small.config)).eval()
    return model, fill(model)


def cut(folder, small, layers):
    """The model in `folder`, cut to its first layers as bert-score cuts it."""
    if small.layers is None:
        from bert_score.utils import get_model

        return get_model(folder, layers).eval()
    model = AutoModel.from_pretrained(folder).eval()
    *parents, last = small.layers.split(".")
    owner = model
    for name in parents:
        owner = getattr(owner, name)
    setattr(owner, last, getattr(owner, last)[:layers])
    return model


def odd_ids(config):
    """Random texts of all lengths; the second longest spells the token of padding in its middle."""
    texts = [np.random.default_rng(length).integers(3, VOCABULARY, length).tolist() for length in LENGTHS]
    if config.pad_token_id is not None:
        texts[-2][7] = config.pad_token_id
    return texts


@torch.no_grad()
def hidden(small):
    model, weights = build(small)
    texts = odd_ids(model.config)
    states = {}
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        if small.renamed:
            weights = refill(pathlib.Path(folder) / "model.safetensors")
        for layers in small.cuts:
            part = cut(folder, small, layers)
            outputs = [part(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.long))[0][0] for ids in texts]
            states[layers] = base64_of(torch.cat(outputs))
    config = small.published or json.loads(model.config.to_json_string())
    return {"config": config, "tokenizer": small.tokenizer, "weights": weights,
            "hidden": {"made_with": versions("transformers", "torch"), "texts": texts, "states": states}}


TASKS = {"hidden": hidden}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("names", nargs="*", choices=[[], *SMALL], help="all where none is given")
    arguments = parser.parse_args()
    HERE.mkdir(exist_ok=True)
    for name in arguments.names or SMALL:
        path = HERE / f"{name}.json"
        golden = json.loads(path.read_text()) if path.exists() else {}
        golden.update(TASKS[arguments.task](SMALL[name]))
        path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
