"""Makes `architectures/NAME.json` from the Python references, a section a run.

    python make_architectures.py hidden [NAME ...]      requirements-bertscore.txt (or -embeddings where 4.57 lacks it)
    python make_architectures.py bertscore [NAME ...]   requirements-bertscore.txt
    python make_architectures.py embedding [NAME ...]   requirements-embeddings.txt
    python make_architectures.py rerank [NAME ...]      requirements-embeddings.txt

Each run replaces its section and keeps the others; `hidden` comes first. Numbers are float32, little-endian, in base64; NaN
stays NaN.
"""

import argparse
import base64
import importlib.metadata
import json
import pathlib
import sys

import numpy as np
import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer

from architectures import LAYERS, POSITIONS, SMALL, VOCABULARY
from made_folder import made_folder, scratch
from made_weights import fill, refill
from texts import ODD, PAIRS

HERE = pathlib.Path(__file__).parent / "architectures"
LENGTHS = (1, 2, 5, 5, 12, 23, POSITIONS)
LONG = ODD["300 tokens"]
# Texts that all the references' tokenizers cut alike; what else they do has goldens of its own.
TEXTS = [*(ODD[name] for name in ("empty", "letter", "300 tokens", "mixed scripts", "emoji")), *PAIRS[2], PAIRS[4][0]]
SCORED = [*PAIRS[:6], ("", PAIRS[0][1]), (PAIRS[0][0], ""), (LONG, LONG[9:]), (ODD["emoji"], ODD["mixed scripts"])]
RANKED = [*PAIRS[:5], (PAIRS[0][0], ""), (PAIRS[1][1], LONG)]


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
def hidden(small, _):
    """States of each token, which transformers gives. This describes the model for all other sections."""
    model, weights = build(small)
    texts = odd_ids(model.config)
    states = {}
    with scratch() as folder:
        model.save_pretrained(folder)
        if small.renamed:
            weights = refill(pathlib.Path(folder) / "model.safetensors")
        for layers in small.cuts:
            part = cut(folder, small, layers)
            outputs = [part(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.long))[0][0] for ids in texts]
            states[layers] = base64_of(torch.cat(outputs))
    config = small.published or json.loads(model.config.to_json_string())
    return {"config": config, "weights": weights,
            "hidden": {"made_with": versions("transformers", "torch"), "texts": texts, "states": states}}


def rising(tokenizer, texts):
    """Those with a token, the shortest first: dynamic rotary positions keep what a longer text made of them."""
    lengths = {text: len(tokenizer(*([text] if isinstance(text, str) else text))["input_ids"]) for text in texts}
    return sorted((text for text in texts if lengths[text]), key=lengths.get)


def config_of(small, **keys):
    """The config.json that transformers writes."""
    return json.loads(AutoConfig.for_model(small.model_type, **{**small.config, **keys}).to_json_string())


def embedding(small, golden):
    """Pooled vectors, which sentence-transformers gives."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    with made_folder(golden, config=config_of(small)) as folder:
        body = SentenceTransformer(folder, device="cpu")[0]
        body.max_seq_length = POSITIONS
        model = SentenceTransformer(modules=[body, Pooling(small.config.get("hidden_size", 32), small.pooling)], device="cpu")
        texts = rising(model.tokenizer, TEXTS)
        vectors = torch.stack([torch.tensor(model.encode(text)) for text in texts])
    made_with = versions("sentence-transformers", "transformers", "tokenizers", "torch")
    return {"embedding": {"made_with": made_with, "pooling": small.pooling, "texts": texts, "vectors": base64_of(vectors)}}


def bertscore(small, golden):
    """Precision, recall and F1, which bert-score gives."""
    from bert_score import score

    sys.modules["bert_score.score"].get_model = lambda folder, layers, _: cut(folder, small, layers)
    with made_folder(golden) as folder:
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=False)
        # Two tokens are an empty text to bert-score; with fewer it scores a text that there is not.
        pairs = [pair for pair in SCORED if all(len(tokenizer(text)["input_ids"]) > 1 for text in pair)]
        candidates, references = map(list, zip(*pairs))

        def run(layers, idf):
            scores = score(candidates, references, model_type=folder, num_layers=layers, idf=idf, device="cpu", nthreads=0)
            return {"layers": layers, "idf": idf, "scores": base64_of(torch.stack(scores).T)}

        runs = [run(layers, idf) for layers in small.cuts for idf in (False, True)]
    made_with = versions("bert-score", "transformers", "tokenizers", "torch")
    return {"bertscore": {"made_with": made_with, "candidates": candidates, "references": references, "runs": runs}}


def rerank(small, golden):
    """How well pairs match, which a cross-encoder of sentence-transformers with one label gives."""
    from safetensors import safe_open
    from sentence_transformers import CrossEncoder
    from transformers import AutoModelForSequenceClassification

    from make_cross_encoders import as_trained

    config = config_of(small, num_labels=1)
    model = AutoModelForSequenceClassification.from_config(AutoConfig.for_model(**config))
    with scratch() as folder:
        model.save_pretrained(folder)
        config["architectures"] = model.config.architectures
        with safe_open(f"{folder}/model.safetensors", "pt") as file:
            section = {"config": config, "weights": [[name, file.get_slice(name).get_shape()] for name in file.keys()]}
    with made_folder(golden, **section) as folder:
        _, report = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
        assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
        if small.model_type == "deberta":
            as_trained(pathlib.Path(folder) / "tokenizer_config.json")
        encoder = CrossEncoder(folder, device="cpu", max_length=POSITIONS)
        pairs = rising(encoder.tokenizer, RANKED)
        scores = torch.tensor([encoder.predict([pair]).item() for pair in pairs])
    if small.published:
        section["config"] = {**small.published, "architectures": config["architectures"], "num_labels": 1}
    made_with = versions("sentence-transformers", "transformers", "tokenizers", "torch")
    return {"rerank": {"made_with": made_with, **section, "pairs": pairs, "scores": base64_of(scores)}}


TASKS = {task.__name__: task for task in (hidden, embedding, bertscore, rerank)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("names", nargs="*", choices=[[], *SMALL], help="all where none is given")
    arguments = parser.parse_args()
    HERE.mkdir(exist_ok=True)
    for name in arguments.names or [name for name in SMALL if arguments.task not in SMALL[name].without]:
        path = HERE / f"{name}.json"
        golden = json.loads(path.read_text()) if path.exists() else {}
        golden.update(tokenizer=SMALL[name].tokenizer, without=SMALL[name].without)
        golden.update(TASKS[arguments.task](SMALL[name], golden))
        path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
