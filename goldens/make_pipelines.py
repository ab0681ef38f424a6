"""Makes `pipelines.json`: what sentence-transformers makes of all-MiniLM-L6-v2 with further modules after its pooling,
and `dense.bin`, the weights of the first of them as releases before 3 saved them.

    python make_pipelines.py --model FOLDER_OF_ALL_MINILM_L6_V2

Runs in the environment of requirements-embeddings.txt. The modules' weights come from the formula of made_weights.py,
so only their configs and the vectors are written down.
"""

import argparse
import json
import pathlib
import tempfile

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, LayerNorm, Normalize

from made_weights import made
from make_goldens import rounded, write
from texts import PAIRS

WIDTH = 384
TEXTS = [PAIRS[0][0], PAIRS[1][1], ""]
PROMPTS = {"query": "Represent this sentence: ", "passage": "passage: "}
ACTIVATIONS = ["Tanh", "Identity", "ReLU", "GELU", "Sigmoid", "SiLU"]


def dense(name, outputs=16, inputs=WIDTH, **options):
    return Dense(inputs, outputs, activation_function=getattr(torch.nn, name)(), **options)


def pipelines():
    """Name to modules after the pooling."""
    yield from ((f"dense {name}", [dense(name)]) for name in ACTIVATIONS)
    yield "dense without a bias", [dense("Tanh", bias=False)]
    yield "dense with the input added", [dense("Tanh", WIDTH, use_residual=True)]
    yield "dense with the input projected and added", [dense("GELU", use_residual=True)]
    yield "two dense between scalings", [Normalize(), dense("Tanh", 24), dense("Identity", 16, 24), Normalize()]
    yield "layer norm", [LayerNorm(WIDTH), dense("Identity")]
    yield "scaling before a layer norm", [Normalize(), dense("Identity"), LayerNorm(16)]


def golden(model, name, modules):
    for module in modules:
        module.load_state_dict({key: made(key, list(value.shape)) for key, value in module.state_dict().items()})
    chain = SentenceTransformer(modules=[model[0], model[1], *modules], device="cpu", prompts=PROMPTS)
    with tempfile.TemporaryDirectory() as folder:
        chain.save_pretrained(folder, create_model_card=False)
        root = pathlib.Path(folder)
        modules_json = json.loads((root / "modules.json").read_text())[2:]
        saved = SentenceTransformer(folder, device="cpu")
        configs = [json.loads((root / entry["path"] / "config.json").read_text()) for entry in modules_json]
    shapes = [[[key, list(value.shape)] for key, value in module.state_dict().items()] for module in modules]
    listed = [{"type": entry["type"], "path": entry["path"], "config": config, "weights": weights}
              for entry, config, weights in zip(modules_json, configs, shapes)]

    def vectors(**options):
        return rounded([saved.encode(text, **options).tolist() for text in TEXTS])

    return {
        "name": name,
        "modules": listed,
        "vectors": vectors(),
        "prompted": vectors(prompt_name="query"),
        "truncate_dim": vectors(truncate_dim=5),
        "truncate_dim_normalized": vectors(truncate_dim=5, normalize_embeddings=True),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="the folder of all-MiniLM-L6-v2")
    model = SentenceTransformer(parser.parse_args().model, device="cpu")
    chains = list(pipelines())
    goldens = [golden(model, name, modules) for name, modules in chains]
    torch.save(chains[0][1][0].state_dict(), pathlib.Path(__file__).parent / "dense.bin")
    packages = ["sentence-transformers", "transformers", "tokenizers", "torch"]
    write("pipelines.json", {"texts": TEXTS, "prompts": PROMPTS, "pipelines": goldens}, packages)


if __name__ == "__main__":
    main()
