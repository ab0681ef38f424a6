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
    # Whether transformers saves the weights under other names than it computes with.
    renamed: bool = False
    # config.json as its authors published it, where transformers writes another.
    published: dict | None = None
    # How many layers to keep; transformers' ALBERT fails below two where it has two groups or two layers a group.
    cuts: tuple = (1, LAYERS)
    # How vectors are pooled.
    pooling: str = "mean"
    # Sections that no reference can make, each with the reason as a sentence.
    without: dict = field(default_factory=dict)


_SIZES = {"vocab_size": VOCABULARY, "max_position_embeddings": POSITIONS}
_BERT = {"hidden_size": 32, "num_hidden_layers": LAYERS, "num_attention_heads": 4, "intermediate_size": 48, **_SIZES}
_ROBERTA = {**_BERT, "max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1, "pad_token_id": 1,
            "bos_token_id": 0, "eos_token_id": 2, "layer_norm_eps": 1e-5}
_DISTILBERT = {"dim": 32, "n_layers": LAYERS, "n_heads": 4, "hidden_dim": 48, **_SIZES}
_ALBERT = {**_BERT, "embedding_size": 24, "bos_token_id": 2, "eos_token_id": 3}
_MPNET = {key: value for key, value in _ROBERTA.items() if key != "type_vocab_size"}
_SPECIAL = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "cls_token_id": 0, "sep_token_id": 2}
_MODERNBERT = {**_BERT, **_SPECIAL, "local_attention": 12}
_MODERNBERT_5 = {**_MODERNBERT, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
                 "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 5000.0},
                                     "sliding_attention": {"rope_type": "default", "rope_theta": 300.0}}}
_DECODER = {**_BERT, "num_key_value_heads": 2, "pad_token_id": None, "bos_token_id": None, "eos_token_id": 0}
_QWEN3 = {**_DECODER, "head_dim": 12, "rope_theta": 1e6}
_QWEN3_5 = {**_DECODER, "head_dim": 6, "rope_parameters": {"rope_type": "default", "rope_theta": 2e5},
            "attention_bias": True, "use_sliding_window": True, "sliding_window": 7, "max_window_layers": 1}
# Nomic's code stretches positions as transformers' "dynamic" type does; its own transformers class has other keys.
_NOMIC_DYNAMIC = {"rope_type": "dynamic", "rope_theta": 1000.0, "factor": 2.0}
_NOMIC_PUBLISHED = {
    "model_type": "nomic_bert", "architectures": ["NomicBertModel"], "activation_function": "swiglu", "causal": False,
    "layer_norm_epsilon": 1e-12, "mlp_fc1_bias": False, "mlp_fc2_bias": False, "n_embd": 32, "n_head": 4,
    "n_inner": 48, "n_layer": LAYERS, "n_positions": POSITIONS, "max_trained_positions": 16,
    "pad_vocab_size_multiple": 64, "parallel_block": False, "prenorm": False, "qkv_proj_bias": False,
    "rotary_emb_base": 1000, "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False,
    "rotary_emb_scale_base": None, "rotary_scaling_factor": 2, "type_vocab_size": 2, "use_rms_norm": False,
    "vocab_size": VOCABULARY - 1}
_DEBERTA = {**_BERT, "layer_norm_eps": 1e-7, "relative_attention": True, "position_biased_input": False}
_DEBERTA_V3 = {**_DEBERTA, "pos_att_type": "p2c|c2p", "position_buckets": 8, "norm_rel_ebd": "layer_norm",
               "share_att_key": True}

_ONLY_5 = {"bertscore": "bert-score 0.3.13 needs transformers 4, which does not have this model."}
_NO_HEAD = {"rerank": "Scoring pairs is not supported for decoders and EuroBERT, which transformers has heads for."}
_LAST = {"layers": "layers", "pooling": "lasttoken", "without": _NO_HEAD}
_LAST_ONLY_5 = {**_LAST, "without": {**_NO_HEAD, **_ONLY_5}}

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
    "modernbert": Small("modernbert", "roberta", _MODERNBERT, "layers"),
    "modernbert-biased": Small("modernbert", "roberta", {
        **_MODERNBERT, "norm_bias": True, "attention_bias": True, "mlp_bias": True, "global_attn_every_n_layers": 2,
        "global_rope_theta": 700.0, "local_rope_theta": None, "hidden_activation": "silu"}, "layers",
        without={section: "transformers 5, which sentence-transformers 6 needs, fails without `local_rope_theta`."
                 for section in ("embedding", "rerank")}),
    "modernbert-5": Small("modernbert", "roberta", _MODERNBERT_5, "layers", without=_ONLY_5),
    "nomic_bert": Small("nomic_bert", "bert_uncased", _BERT, "layers", renamed=True, without=_ONLY_5),
    "nomic_bert-published": Small(
        "nomic_bert", "bert_uncased", {**_BERT, "max_position_embeddings": 16, "rope_parameters": _NOMIC_DYNAMIC},
        "layers", renamed=True, published=_NOMIC_PUBLISHED, without=_ONLY_5),
    "qwen3": Small("qwen3", "qwen2", _QWEN3, **_LAST),
    "qwen3-windows-5": Small("qwen3", "qwen2", _QWEN3_5, **_LAST_ONLY_5),
    "qwen2": Small("qwen2", "qwen2", _DECODER, **_LAST),
    "qwen2-both-ways-5": Small("qwen2", "qwen2", {**_DECODER, "is_causal": False}, "layers",
                               without={**_NO_HEAD, **_ONLY_5}),
    "mistral": Small("mistral", "llama", {**_DECODER, "sliding_window": 9}, **_LAST),
    "llama": Small("llama", "llama", {**_DECODER, "attention_bias": True, "mlp_bias": True}, **_LAST),
    "eurobert-5": Small("eurobert", "llama", {**_DECODER, **_SPECIAL, "mask_token_id": 3}, "layers",
                        without={**_NO_HEAD, **_ONLY_5}),
    "deberta": Small("deberta", "deberta", {**_DEBERTA, "pos_att_type": "c2p|p2c"}, cuts=(0, 1, LAYERS)),
    "deberta-c2p": Small("deberta", "deberta", {**_DEBERTA, "pos_att_type": ["c2p"], "max_relative_positions": 16,
                                                "position_biased_input": True, "type_vocab_size": 2}),
    "deberta-p2c": Small("deberta", "deberta", {**_DEBERTA, "pos_att_type": "p2c", "embedding_size": 24}),
    "deberta-talking": Small("deberta", "deberta", {**_DEBERTA, "pos_att_type": "c2p|p2c", "talking_head": True}),
    "deberta-content": Small("deberta", "deberta", {**_DEBERTA, "type_vocab_size": 1}),
    "deberta-absolute": Small("deberta", "deberta", {**_BERT, "layer_norm_eps": 1e-7, "pos_att_type": "c2p|p2c"}),
    "deberta-v2": Small("deberta-v2", "deberta_v2", {**_DEBERTA, "pos_att_type": ["c2p", "p2c"],
                                                     "max_relative_positions": 16}),
    "deberta-v2-conv": Small("deberta-v2", "deberta_v2", {**_DEBERTA_V3, "conv_kernel_size": 3, "conv_act": "gelu"}),
    "deberta-v2-groups": Small("deberta-v2", "deberta_v2", {**_DEBERTA_V3, "pos_att_type": "c2p", "conv_groups": 4,
                                                            "conv_kernel_size": 5}),
    "deberta-v2-own": Small("deberta-v2", "deberta_v2", {**_DEBERTA_V3, "pos_att_type": ["p2c"], "share_att_key": False,
                                                         "max_relative_positions": 24, "embedding_size": 24,
                                                         "position_biased_input": True, "type_vocab_size": 2}),
    "deberta-v2-absolute": Small("deberta-v2", "deberta_v2", {**_BERT, "layer_norm_eps": 1e-7}),
    "deberta-v3": Small("deberta-v2", "deberta_v2", _DEBERTA_V3),
}
