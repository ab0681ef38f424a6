"""A golden's model as a folder on disk, as `crates/encoder/tests/made/model.rs` writes it too."""

import contextlib
import json
import pathlib
import shutil
import tempfile

from safetensors.torch import save_file

from architectures import POSITIONS
from made_weights import made

TOKENIZERS = pathlib.Path(__file__).parent / "tokenizers"


def settle(path):
    """Lets the tokenizer of `path` cut where the small models end, and gives it padding where it has none."""
    config = json.loads(path.read_text(encoding="utf-8"))
    padding = config.get("pad_token") or config["eos_token"]
    path.write_text(json.dumps({**config, "model_max_length": POSITIONS, "pad_token": padding}), encoding="utf-8")


def copy_tokenizer(name, folder):
    """The slow files and the tokenizer.json of one tokenizer."""
    source = TOKENIZERS / name
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("fast"))
    shutil.copy(source / "fast" / "tokenizer.json", folder)
    settle(folder / "tokenizer_config.json")


@contextlib.contextmanager
def scratch():
    """An empty folder of one and the same name: bert-score takes a model for a T5 where its name has these letters."""
    with tempfile.TemporaryDirectory() as parent, contextlib.chdir(parent):
        pathlib.Path("made").mkdir()
        yield "made"


@contextlib.contextmanager
def made_folder(golden, **other):
    """The folder of a golden's body, or with `config` and `weights` of another model."""
    model = {**golden, **other}
    with scratch() as path:
        folder = pathlib.Path(path)
        copy_tokenizer(golden["tokenizer"], folder)
        (folder / "config.json").write_text(json.dumps(model["config"]), encoding="utf-8")
        weights = {name: made(name, shape) for name, shape in model["weights"]}
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        yield path
