"""Makes small checkpoints in every format, from one set of tensors, and some that must be refused.

    python make_checkpoints.py

Runs in the environment of requirements-bertscore.txt. `same/` holds the same tensors as `torch.save` writes them in both
formats and with a newer pickle protocol, in shards, and as safetensors; the tensors of `whole.safetensors` are the truth, laid
out in order. `bert/` holds one small BERT as transformers saves it. `refused/` holds what `torch.save` writes for other
things than a state dict. The old format names storages after their addresses, so its files differ from run to run.
"""

import collections
import json
import os
import pathlib

import safetensors.torch
import torch
from transformers import BertConfig, BertModel

HERE = pathlib.Path(__file__).parent / "checkpoints"


class Runs:
    """Unpickled by Python, it runs a command; `true` here, anything in the wild."""

    def __reduce__(self):
        return os.system, ("true",)


def tensors() -> dict[str, torch.Tensor]:
    """Every element type and every way of lying in a storage."""
    grid = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 7 - 1
    tied = torch.nn.Parameter(grid[:2].clone())
    of_type = {
        name: (torch.arange(6) - 2).to(getattr(torch, name)).reshape(2, 3)
        for name in ("float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "bool")
    }
    return {
        "parameter": torch.nn.Parameter(grid.clone()),
        "tied.a": tied,
        "tied.b": tied,
        "transposed": grid.t(),
        "permuted": torch.arange(24, dtype=torch.float16).reshape(2, 3, 4).permute(2, 0, 1),
        "offset": grid[1:3],
        "column": grid[:, 2],
        "block": grid[1:3, 2:5],
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 5),
        "uint8": torch.arange(6, dtype=torch.uint8) + 250,
        **of_type,
    }


def save(path: pathlib.Path, content: object, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content, path, **options)


def state_dict(content: dict[str, torch.Tensor]) -> collections.OrderedDict:
    """As `Module.state_dict` gives it: ordered, with an attribute."""
    ordered = collections.OrderedDict(content)
    ordered._metadata = collections.OrderedDict({"": {"version": 1}})
    return ordered


def shards(folder: pathlib.Path, content: dict[str, torch.Tensor], name: str, write) -> None:
    """Two files by turns, and their index."""
    folder.mkdir(parents=True, exist_ok=True)
    stem, suffix = name.rsplit(".", 1)
    weight_map = {key: f"{stem}-0000{place % 2 + 1}-of-00002.{suffix}" for place, key in enumerate(sorted(content))}
    for file in sorted(set(weight_map.values())):
        write({key: content[key] for key, place in weight_map.items() if place == file}, folder / file)
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (folder / f"{name}.index.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


def same(folder: pathlib.Path) -> None:
    content = tensors()
    plain = {name: tensor.detach().contiguous().clone() for name, tensor in content.items()}
    save(folder / "zip.bin", state_dict(content))
    save(folder / "legacy.bin", state_dict(content), _use_new_zipfile_serialization=False)
    settings = {"hidden_size": 8, "layer_norm_eps": 1e-7, "pos_att_type": "c2p|p2c", "relative_attention": True,
                "label2id": {"no": 0}, "pruned": [], "head": None}
    for form, zipped in (("zip", True), ("legacy", False)):
        save(folder / f"{form}_settings.bin", {"config": settings, **content}, _use_new_zipfile_serialization=zipped)
    save(folder / "zip_protocol4.bin", dict(content), pickle_protocol=4)
    save(folder / "legacy_protocol4.bin", content, pickle_protocol=4, _use_new_zipfile_serialization=False)
    safetensors.torch.save_file(plain, folder / "whole.safetensors", metadata={"format": "pt"})
    shards(folder / "safetensors_shards", plain, "model.safetensors", safetensors.torch.save_file)
    shards(folder / "bin_shards", content, "pytorch_model.bin", torch.save)


def bert(folder: pathlib.Path) -> None:
    """The sizes are those of the tests' own tiny model."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    model = BertModel(BertConfig(**sizes, vocab_size=6, max_position_embeddings=16))
    for safe, name in ((True, "safetensors"), (False, "bin")):
        model.save_pretrained(folder / name, safe_serialization=safe)
        model.save_pretrained(folder / f"{name}_shards", safe_serialization=safe, max_shard_size="4KB")
    options = {"_use_new_zipfile_serialization": False}
    save(folder / "legacy" / "pytorch_model.bin", model.state_dict(), **options)
    for dtype in ("float16", "bfloat16"):
        content = model.to(getattr(torch, dtype)).state_dict()
        save(folder / dtype / "pytorch_model.bin", content, **options)
        widened = {name: tensor.float() for name, tensor in content.items()}
        save(folder / f"{dtype}_widened" / "pytorch_model.bin", widened, **options)
        model.float()
    for config in folder.glob("*/config.json"):
        config.unlink()


def refused(folder: pathlib.Path) -> None:
    one = torch.ones(2)
    for form, zipped in (("zip", True), ("legacy", False)):
        options = {"_use_new_zipfile_serialization": zipped}
        save(folder / f"command_{form}.bin", {"weight": one, "x": Runs()}, **options)
        save(folder / f"training_{form}.bin", {"epoch": 3, "state_dict": {"weight": one}}, **options)
    save(folder / "module.bin", torch.nn.Linear(1, 1))
    save(folder / "expanded.bin", {"weight": torch.ones(1).expand(1 << 20)})
    save(folder / "quantised.bin", {"weight": torch.quantize_per_tensor(one, 0.1, 0, torch.qint8)})
    save(folder / "negated.bin", {"weight": one._neg_view()})
    save(folder / "tensor.bin", one)


if __name__ == "__main__":
    same(HERE / "same")
    bert(HERE / "bert")
    refused(HERE / "refused")
