"""Weights from a formula, so that no model has to be checked in: `crates/encoder/tests/made/weights.rs` has the same one.

Every weight is away from its initial value, biases and gains included, so that a term that is dropped shows.
"""

import math

import numpy as np
import torch
from safetensors.torch import load_file, save_file

_MASK = (1 << 64) - 1


def seed_of(name):
    """FNV-1a of the name, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & _MASK
    return value


def uniform(name, count):
    """`count` numbers from -1 to 1 in steps of 2^-23, by splitmix64."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed_of(name)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1.0


def is_gain(name, shape):
    """Whether a weight scales what a norm gives, and so lies around 1."""
    return len(shape) == 1 and name.endswith("weight") and "norm" in name.lower()


def made(name, shape):
    """The weight `name` as float32."""
    numbers = uniform(name, math.prod(shape))
    if is_gain(name, shape):
        numbers = 1.0 + 0.3 * numbers
    elif len(shape) == 1:
        numbers = 0.3 * numbers
    else:
        numbers = numbers * (1.5 * math.sqrt(3.0 / math.prod(shape[1:])))
    return torch.from_numpy(numbers.astype(np.float32)).reshape(shape)


def fill(model):
    """Gives every parameter of `model` its made weight; the list of `[name, shape]` as the checkpoint has them."""
    state = model.state_dict()
    floating = {name: value for name, value in state.items() if value.is_floating_point()}
    model.load_state_dict({name: made(name, list(value.shape)) for name, value in floating.items()}, strict=False)
    model.tie_weights()
    return [[name, list(value.shape)] for name, value in floating.items()]


def refill(path):
    """Gives every weight of a saved checkpoint the made weight of the name it has there; the list as of `fill`."""
    weights = [[name, list(value.shape)] for name, value in load_file(path).items()]
    save_file({name: made(name, shape) for name, shape in weights}, path, metadata={"format": "pt"})
    return weights
