"""The small models that parity is measured on, one an architecture: 32 wide, 3 layers, weights by `made_weights.py`."""

from dataclasses import dataclass, field

VOCABULARY = 640
POSITIONS = 40
LAYERS = 3


@dataclass(frozen=True)
class Small:
    """One model: how transformers builds it, and which folder of `tokenizers/` goes with it."""

    model_type: str
    tokenizer: str
    config: dict = field(default_factory=dict)
    # Where the layers are, for architectures that bert-score does not know how to cut.
    layers: str | None = None
    # How many layers to keep; transformers' ALBERT fails below two where it has two groups or two layers a group.
    cuts: tuple = (1, LAYERS)


_SIZES = {"vocab_size": VOCABULARY, "max_position_embeddings": POSITIONS}
_BERT = {"hidden_size": 32, "num_hidden_layers": LAYERS, "num_attention_heads": 4, "intermediate_size": 48, **_SIZES}
_ROBERTA = {**_BERT, "max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1, "pad_token_id": 1,
            "bos_token_id": 0, "eos_token_id": 2, "layer_norm_eps": 1e-5}
_DISTILBERT = {"dim": 32, "n_layers": LAYERS, "n_heads": 4, "hidden_dim": 48, **_SIZES}
_ALBERT = {**_BERT, "embedding_size": 24, "bos_token_id": 2, "eos_token_id": 3}
_MPNET = {key: value for key, value in _ROBERTA.items() if key != "type_vocab_size"}

SMALL = {
    "bert": Small("bert", "bert_uncased", _BERT),
    "roberta": Small("roberta", "roberta", _ROBERTA),
    "xlm-roberta": Small("xlm-roberta", "xlm_roberta", _ROBERTA),
    "camembert": Small("camembert", "camembert", _ROBERTA),
    "distilbert": Small("distilbert", "bert_uncased", _DISTILBERT),
    "distilbert-relu": Small("distilbert", "bert_cased", {**_DISTILBERT, "activation": "relu"}),
    "electra": Small("electra", "bert_uncased", {**_BERT, "embedding_size": 24}),
    "electra-square": Small("electra", "bert_accents", {**_BERT, "embedding_size": 32}),
    "albert": Small("albert", "albert", _ALBERT),
    "albert-groups": Small("albert", "albert", {**_ALBERT, "num_hidden_groups": 2, "hidden_act": "gelu"},
                           cuts=(2, LAYERS)),
    "albert-inner": Small("albert", "albert", {**_ALBERT, "inner_group_num": 2}, cuts=(2, LAYERS)),
    "mpnet": Small("mpnet", "mpnet", _MPNET),
}
