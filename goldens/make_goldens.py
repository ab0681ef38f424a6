"""Makes the checked-in goldens from the Python references.

    python make_goldens.py embeddings --model FOLDER_OF_ALL_MINILM_L6_V2
    python make_goldens.py bertscore --model FOLDER_OF_ALL_MINILM_L6_V2

Each subcommand has its own environment, see the requirements files. Numbers are float32 rounded to 8 decimals; a number
that the reference leaves undefined (NaN) is written as null.
"""

import argparse
import importlib.metadata
import json
import math
import pathlib

import torch

from texts import ODD, PAIRS, UNASSIGNED

HERE = pathlib.Path(__file__).parent
LAYERS = (5, 6)


def rounded(value):
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    return None if math.isnan(value) else round(value, 8)


def write(name, content, packages):
    versions = {package: importlib.metadata.version(package) for package in packages}
    path = HERE / name
    with path.open("w", encoding="utf-8") as file:
        json.dump({"made_with": versions, **content}, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


def embeddings(model_folder):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    model = SentenceTransformer(model_folder, device="cpu")
    texts = [*ODD.values(), UNASSIGNED] + sorted({text for pair in PAIRS for text in pair})
    one_by_one = [model.encode(text).tolist() for text in texts]
    together = torch.tensor(model.encode(texts))
    drift = (torch.tensor(one_by_one) - together).abs().max().item()
    assert drift < 1e-5, f"the reference itself moves by {drift} with the batch"

    every_mode = SentenceTransformer(modules=[model[0], Pooling(384, Pooling.POOLING_MODES)], device="cpu")
    without_prompt = SentenceTransformer(
        modules=[model[0], Pooling(384, Pooling.POOLING_MODES, include_prompt=False)], device="cpu"
    )
    few, prompt = texts[-2:], "Represent this sentence: "
    write(
        "minilm_embeddings.json",
        {
            "texts": texts,
            "embeddings": rounded(one_by_one),
            "pooling": {
                "texts": few,
                "prompt": prompt,
                "every_mode": rounded([every_mode.encode(text).tolist() for text in few]),
                "without_prompt": rounded([without_prompt.encode(text, prompt=prompt).tolist() for text in few]),
            },
        },
        ["sentence-transformers", "transformers", "tokenizers", "torch"],
    )


def bertscore(model_folder):
    from bert_score import score

    def scores(candidates, references, layers, idf):
        values = score(candidates, references, model_type=model_folder, num_layers=layers, idf=idf,
                       device="cpu", nthreads=0)
        return torch.stack(values).T

    odd = list(ODD.values())
    fixed = PAIRS[0][1]
    pairs = PAIRS + [(text, fixed) for text in odd] + [(text, text) for text in odd] + list(zip(odd, odd[1:]))
    candidates, references = map(list, zip(*pairs))
    several = [[b, a, fixed] for a, b in PAIRS]

    runs = []
    for layers in LAYERS:
        for idf in (False, True):
            runs.append({
                "layers": layers,
                "idf": idf,
                "scores": rounded(scores(candidates, references, layers, idf).tolist()),
                "several": rounded(scores([a for a, _ in PAIRS], several, layers, idf).tolist()),
                "single_reference": rounded(
                    [scores([a], [b], layers, idf)[0].tolist() for a, b in PAIRS[:3]]
                ),
            })
    write(
        "minilm_bertscore.json",
        {"candidates": candidates, "references": references, "several": several, "runs": runs},
        ["bert-score", "transformers", "tokenizers", "torch"],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["embeddings", "bertscore"])
    parser.add_argument("--model", required=True, help="the folder of all-MiniLM-L6-v2")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    {"embeddings": embeddings, "bertscore": bertscore}[arguments.task](arguments.model)


if __name__ == "__main__":
    main()
