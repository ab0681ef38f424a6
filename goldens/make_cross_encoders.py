"""Makes `cross_encoders/NAME.json`: pairs, and what sentence-transformers' CrossEncoder makes of them on small models.

    python make_cross_encoders.py [NAME ...]

Runs in the environment of requirements-embeddings.txt. The models are those of architectures.py with a head, their
weights made by made_weights.py; the tokenizers are those of tokenizers/.
"""

import argparse
import json
import pathlib
import shutil
import tempfile

import torch
from sentence_transformers import CrossEncoder
from transformers import AutoConfig, AutoModelForSequenceClassification

from architectures import POSITIONS, SMALL
from made_weights import fill
from make_goldens import rounded, write
from texts import PAIRS

HERE = pathlib.Path(__file__).parent
PAIRED = [*PAIRS[:4], ("", "Hello world"), ("Hello world", ""), ("", ""), (PAIRS[0][0], " ".join([PAIRS[4][0]] * 4)),
          (" ".join([PAIRS[6][0]] * 4), "no"), (" ".join([PAIRS[6][0]] * 4), " ".join([PAIRS[4][0]] * 4))]
# What a config.json may say about a head beyond its architecture: a name for the case, and the keys.
HEADS = {
    "bert-three-labels": ("bert", {"num_labels": 3}),
    "deberta-v2-tanh": ("deberta-v2", {"pooler_hidden_act": "tanh"}),
    "modernbert-mean": ("modernbert", {"classifier_pooling": "mean", "classifier_bias": True, "norm_bias": True}),
}
ONE_LABEL = ("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra", "albert", "mpnet", "deberta",
             "deberta-v2", "deberta-v3", "modernbert")
CASES = {**{name: (name, {}) for name in ONE_LABEL}, **HEADS}


def as_trained(path):
    """Has tokenizer.json followed: transformers 5's own DebertaTokenizer puts a second [SEP] between two texts,
    which no release before it did and no model was trained with."""
    names = ["input_ids", "attention_mask", "token_type_ids"]
    config = {**json.loads(path.read_text()), "tokenizer_class": "PreTrainedTokenizerFast", "model_input_names": names}
    path.write_text(json.dumps(config))


@torch.no_grad()
def golden(name):
    small, keys = SMALL[CASES[name][0]], {"num_labels": 1, **CASES[name][1]}
    torch.manual_seed(0)
    config = AutoConfig.for_model(small.model_type, **{**small.config, **keys})
    model = AutoModelForSequenceClassification.from_config(config).eval()
    weights = fill(model)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        shutil.copytree(HERE / "tokenizers" / small.tokenizer / "fast", folder, dirs_exist_ok=True)
        if small.model_type == "deberta":
            as_trained(pathlib.Path(folder) / "tokenizer_config.json")
        # By itself the reference lets RoBERTa's kin read two tokens more than they have positions for.
        encoder = CrossEncoder(folder, device="cpu", max_length=POSITIONS)
        config = json.loads((pathlib.Path(folder) / "config.json").read_text())
        ids = [encoder.preprocess([pair])["input_ids"][0].tolist() for pair in PAIRED]
        scores, logits = (
            [encoder.predict([pair], activation_fn=activation).tolist()[0] for pair in PAIRED]
            for activation in (None, torch.nn.Identity())
        )
    return {"config": config, "tokenizer": small.tokenizer, "weights": weights, "max_length": encoder.max_seq_length,
            "pairs": PAIRED, "ids": ids, "scores": rounded(scores), "logits": rounded(logits)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *CASES], help="all where none is given")
    (HERE / "cross_encoders").mkdir(exist_ok=True)
    for name in parser.parse_args().names or CASES:
        packages = ["sentence-transformers", "transformers", "tokenizers", "torch"]
        write(f"cross_encoders/{name}.json", golden(name), packages)


if __name__ == "__main__":
    main()
