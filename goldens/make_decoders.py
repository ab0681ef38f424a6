"""Makes `decoder_embeddings.json`: what sentence-transformers makes of a small Qwen3 that is packed as Qwen3-Embedding is.

    python make_decoders.py

Runs in the environment of requirements-embeddings.txt. The model is `qwen3` of architectures.py; its tokenizer is
tokenizers/qwen2/fast with the end of text behind every text, which Qwen3-Embedding's tokenizer.json adds.
"""

import json
import pathlib
import shutil
import tempfile

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

from architectures import SMALL
from make_architectures import build
from make_goldens import HERE, rounded, write
from texts import PAIRS

END = {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}
PROMPTS = {"query": "Instruct: Find it\nQuery:", "document": ""}
TEXTS = [PAIRS[0][0], PAIRS[1][1], "", "no", "word " * 30]


def post_processor(old):
    """`old`, then the end of text."""
    text, end = {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": END["id"], "type_id": 0}}
    second = {"Sequence": {"id": "B", "type_id": 0}}
    template = {"type": "TemplateProcessing", "single": [text, end], "pair": [text, end, second, end],
                "special_tokens": {END["id"]: END}}
    return {"type": "Sequence", "processors": [old, template]}


def save(folder):
    """The model as a folder; its tokenizer's post-processor."""
    model, _ = build(SMALL["qwen3"])
    model.save_pretrained(folder)
    shutil.copytree(HERE / "tokenizers/qwen2/fast", folder, dirs_exist_ok=True)
    path = pathlib.Path(folder) / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["post_processor"] = post_processor(tokenizer["post_processor"])
    path.write_text(json.dumps(tokenizer))
    return tokenizer["post_processor"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        processor = save(folder)
        transformer = Transformer(folder, processor_kwargs={"padding_side": "left"})
        chain = [transformer, Pooling(32, "lasttoken"), Normalize()]
        model = SentenceTransformer(modules=chain, device="cpu", prompts=PROMPTS)
        ids = model.tokenizer(TEXTS[0])["input_ids"]
        assert ids[-1] == END["ids"][0], ids
        plain = [model.encode(text).tolist() for text in TEXTS]
        drift = (torch.tensor(plain) - torch.tensor(model.encode(TEXTS))).abs().max().item()
        assert drift < 1e-5, f"the reference itself moves by {drift} with the batch"
        content = {"post_processor": processor, "prompts": PROMPTS, "texts": TEXTS, "vectors": rounded(plain),
                   "prompted": rounded([model.encode(text, prompt_name="query").tolist() for text in TEXTS])}
    write("decoder_embeddings.json", content, ["sentence-transformers", "transformers", "tokenizers", "torch"])


if __name__ == "__main__":
    main()
