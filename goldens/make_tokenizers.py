"""Makes the tiny tokenizers of the tests and the token ids the Python references give with them.

    python make_tokenizers.py train     with requirements-bertscore.txt: the folders below tokenizers/
    python make_tokenizers.py slow      with requirements-bertscore.txt: what bert-score sees
    python make_tokenizers.py fast      with requirements-bertscore.txt: what tokenizer.json says
    python make_tokenizers.py transformers5     with requirements-embeddings.txt: where transformers 5 departs from that

A family's folder holds the slow files as transformers 4 saves them; its folder `fast` holds the tokenizer.json of the
same tokenizer instead. Run `train` first: it is deterministic, but for the protobuf fields a later sentencepiece may add.
"""

import argparse
import dataclasses
import importlib.metadata
import json
import logging
import pathlib
import shutil
import tempfile

from texts import ODD, PAIRS

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "tokenizers"
FEW = 12  # a limit in tokens that cuts most texts

CORPUS = [text for pair in PAIRS for text in pair] * 20 + list(ODD.values())

TOKENIZER_TEXTS = {
    "bert's special tokens": "a [MASK] b [SEP]c[CLS] d [UNK]. [PAD][MASK]",
    "roberta's special tokens": "a <mask> b </s>c<s> d <unk>. <pad><mask>  </s>",
    "other special tokens": "<s>NOTUSED <|endoftext|> <extra_id_0>x <extra_id_7> <0x41>",
    "blanks around special tokens": "  [MASK]  a\t<mask>\n b  </s>  ",
    "sigma": "ΟΔΟΣ ΣΑΣ, ΌΣΟ. Σ",
    "dotted i": "İstanbul ISPARTA ıI",
    "apostrophes": "I'LL can't don't it's we've 'tis they'd",
    "digits": "9,000, 12,5, 1234 ٣٤ 2nd Ⅷ",
    "latex quotes": "``quoted'' and `single'",
    "underline": "a▁b ▁ c ▁▁d _ e",
    "no-break spaces": "a\u00a0b\u2003c\u3000d \u00a0 e",
    "lines": "one\r\ntwo\n\n\nthree \n four\t\tfive",
    "ligatures": "ﬀ ﬁ ﬂ ǆ ß ẞ Œuvre ½ ™ … ㎏",
    "accents": "é e\u0301 ê\u0323 A\u030a ñ n\u0303 ṩ s\u0323\u0307",
    "hangul": "한국어 \u1112\u1161\u11ab",
    "arabic with marks": "ٱلسَّلَامُ عَلَيْكُمْ",
    "thai": "ภาษาไทย ง่าย",
    "punctuation": "!?(){}[]<>#$%^&*~`|\\/\"';:,. –—“”«»¿¡、。・",
    "symbols": "← ∑ √2 ≤ © ° § ¶ £ € ¥",
    "noncharacter": "bad \ufffd byte order \ufeff mark",
    "a hundred letters": "food" * 25,
    "more than a hundred letters": "food" * 26,
    "flags": "🇩🇪🇫🇷 👍🏽 ☺️",
}
TEXTS = {name: text for name, text in (ODD | TOKENIZER_TEXTS).items() if name not in ("300 tokens", "700 tokens")}
TEXT_PAIRS = PAIRS[:6] + [("", "a text"), ("a text", ""), ("", ""), (ODD["code"], "yes"), ("yes", ODD["code"]),
                          (" a  b ", "[SEP] c <mask>"), (ODD["numbers"], ODD["address"])]


@dataclasses.dataclass(frozen=True)
class Family:
    """How one tokenizer is trained, and the class that saves it."""

    tokenizer_class: str
    kind: str
    file: str = ""
    options: dict = dataclasses.field(default_factory=dict)
    training: dict = dataclasses.field(default_factory=dict)


BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
LIMIT = {"model_max_length": 512}
FAMILIES = {
    "bert_uncased": Family("BertTokenizer", "wordpiece", "vocab.txt", LIMIT, {"specials": BERT, "lower": True}),
    "bert_cased": Family("BertTokenizer", "wordpiece", "vocab.txt", {"do_lower_case": False} | LIMIT,
                         {"specials": BERT, "lower": False}),
    "bert_accents": Family("BertTokenizer", "wordpiece", "vocab.txt",
                           {"strip_accents": False, "tokenize_chinese_chars": False} | LIMIT,
                           {"specials": BERT, "lower": True}),
    "mpnet": Family("MPNetTokenizer", "wordpiece", "vocab.txt", LIMIT,
                    {"specials": [*ROBERTA[:4], "[UNK]", "<mask>"], "lower": True}),
    "roberta": Family("RobertaTokenizer", "bytes", options=LIMIT, training={"specials": ROBERTA}),
    "deberta": Family("DebertaTokenizer", "bytes",
                      training={"specials": ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]}),
    "gpt2": Family("GPT2Tokenizer", "bytes", options=LIMIT, training={"specials": ["<|endoftext|>"]}),
    "qwen2": Family("Qwen2Tokenizer", "bytes", options=LIMIT, training={"specials": ["<|endoftext|>"], "qwen": True}),
    "xlm_roberta": Family("XLMRobertaTokenizer", "sentencepiece", "sentencepiece.bpe.model", LIMIT),
    "camembert": Family("CamembertTokenizer", "sentencepiece", "sentencepiece.bpe.model", LIMIT),
    "albert": Family("AlbertTokenizer", "sentencepiece", "spiece.model", LIMIT,
                     {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1,
                      "control_symbols": "[CLS],[SEP],[MASK]", "user_defined_symbols": '(,),",-,.,–,£,€'}),
    "deberta_v2": Family("DebertaV2Tokenizer", "sentencepiece", "spm.model", {},
                         {"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3, "pad_piece": "[PAD]",
                          "unk_piece": "[UNK]", "bos_piece": "[CLS]", "eos_piece": "[SEP]"}),
    "t5": Family("T5Tokenizer", "sentencepiece", "spiece.model", {"legacy": True, "extra_ids": 8} | LIMIT,
                 {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}),
    "llama": Family("LlamaTokenizer", "sentencepiece", "tokenizer.model", {"legacy": True} | LIMIT,
                    {"model_type": "bpe", "byte_fallback": True, "vocab_size": 500}),
}

# A small stand-in for nmt_nfkc, whose table alone takes 240 kB.
RULES = """
9\t20
A\t20
D\t20
A0\t20
3000\t20
200B\t20
FEFF\t
7\t
FB01\t66 69
FB02\t66 6C
BD\t31 2044 32
2026\t2E 2E 2E
2122\t54 4D
FF26\t46
FF35\t55
FF2C\t4C
65 301\tE9
41 30A\tC5
6E 303\tF1
"""


def train_wordpiece(family, folder):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    lower, accents = family.training["lower"], family.options.get("strip_accents")
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower, strip_accents=accents)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=420, special_tokens=family.training["specials"], show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    vocabulary = tokenizer.get_vocab()
    lines = sorted(vocabulary, key=vocabulary.get)
    (folder / family.file).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return {"vocab_file": str(folder / family.file)}


def train_bytes(family, folder):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if family.training.get("qwen"):
        tokenizer.normalizer = normalizers.NFC()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=family.training["specials"], show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.model.save(str(folder))
    return {"vocab_file": str(folder / "vocab.json"), "merges_file": str(folder / "merges.txt")}


def train_sentencepiece(family, folder):
    import sentencepiece

    rules = folder / "rules.tsv"
    rules.write_text(RULES.strip() + "\n", encoding="utf-8")
    settings = {"model_type": "unigram", "vocab_size": 420, "character_coverage": 0.98, "hard_vocab_limit": False}
    sentences = [text.replace("\0", "").replace("▁", " ") for text in CORPUS]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_prefix=str(folder / "trained"), normalization_rule_tsv=str(rules),
        num_threads=1, minloglevel=2, **(settings | family.training))
    model = folder / family.file
    (folder / "trained.model").rename(model)
    return {"vocab_file": str(model)}


def train(names):
    import transformers

    kinds = {"wordpiece": train_wordpiece, "bytes": train_bytes, "sentencepiece": train_sentencepiece}
    for name in names:
        family, target = FAMILIES[name], FOLDER / name
        slow_class = getattr(transformers, family.tokenizer_class)
        fast_class = getattr(transformers, f"{family.tokenizer_class}Fast")
        shutil.rmtree(target, ignore_errors=True)
        with tempfile.TemporaryDirectory() as scratch:
            files = kinds[family.kind](family, pathlib.Path(scratch))
            slow_class(**files, **family.options).save_pretrained(target)
        fast_class.from_pretrained(target).save_pretrained(target / "fast")
        for path in (target / "fast").iterdir():
            if path.name not in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
                path.unlink()
        compact = json.loads((target / "fast/tokenizer.json").read_text(encoding="utf-8"))
        write(target / "fast/tokenizer.json", compact)
        print(name, {str(path.relative_to(target)): path.stat().st_size for path in sorted(target.rglob("*.*"))})


def write(path, content):
    with path.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


def goldens():
    """The families' folders and what they are encoded with, without the ids."""
    return {"limit": FEW, "texts": list(TEXTS.values()), "pairs": TEXT_PAIRS}


def save(name, packages, families, **content):
    versions = {package: importlib.metadata.version(package) for package in packages}
    write(HERE / name, {"made_with": versions, **content, "families": families})
    print(name, (HERE / name).stat().st_size, "bytes")


def slow():
    """What bert-score's own function gives with slow tokenizers."""
    import transformers
    from bert_score.utils import sent_encode

    families = {}
    for family in FAMILIES:
        tokenizer = transformers.AutoTokenizer.from_pretrained(FOLDER / family, use_fast=False)
        assert not tokenizer.is_fast
        whole = [sent_encode(tokenizer, text) for text in TEXTS.values()]
        tokenizer.model_max_length = FEW
        families[family] = {"single": whole, "cut": [sent_encode(tokenizer, text) for text in TEXTS.values()]}
    save("tokenization_slow.json", ["bert-score", "transformers", "sentencepiece"], families, **goldens())


def fast_ids(tokenizer):
    """Ids of texts and of pairs as sentence-transformers asks for them, and how many tokens are of type 1 in a pair."""
    assert tokenizer.is_fast

    def encode(texts, limit):
        found = tokenizer(texts, truncation="longest_first", max_length=limit, return_token_type_ids=True)
        return found["input_ids"], [sum(types) for types in found["token_type_ids"]]

    texts, pairs = list(TEXTS.values()), [list(pair) for pair in TEXT_PAIRS]
    whole_pairs, cut_pairs = encode(pairs, 512), encode(pairs, FEW)
    return {"single": encode(texts, 512)[0], "cut": encode(texts, FEW)[0], "pairs": whole_pairs[0],
            "types": whole_pairs[1], "cut_pairs": cut_pairs[0], "cut_types": cut_pairs[1]}


def fast():
    """What fast tokenizers give with transformers 4; both sets of files must agree."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    families = {}
    for family in FAMILIES:
        families[family] = fast_ids(AutoTokenizer.from_pretrained(FOLDER / family))
        assert families[family] == fast_ids(PreTrainedTokenizerFast.from_pretrained(FOLDER / family / "fast")), family
    save("tokenization_fast.json", ["transformers", "tokenizers"], families, **goldens())


def transformers5():
    """Where transformers 5 departs from that: it builds some families anew and ignores what tokenizer.json says."""
    from transformers import AutoTokenizer

    before = json.loads((HERE / "tokenization_fast.json").read_text(encoding="utf-8"))["families"]
    families = {}
    for family in FAMILIES:
        now = fast_ids(AutoTokenizer.from_pretrained(FOLDER / family / "fast"))
        if now != fast_ids(AutoTokenizer.from_pretrained(FOLDER / family)):
            print(f"{family}: the raw files give other tokens than tokenizer.json")
        found = {}
        for what in ("single", "pairs"):
            both = enumerate(zip(now[what], before[family][what]))
            found[what] = {str(index): ids for index, (ids, old) in both if ids != old}
        families[family] = {what: differences for what, differences in found.items() if differences}
    save("tokenization_transformers5.json", ["sentence-transformers", "transformers", "tokenizers"], families)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["train", "slow", "fast", "transformers5"])
    parser.add_argument("families", nargs="*", help="for train: these alone")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    if arguments.task == "train":
        train(arguments.families or FAMILIES)
    else:
        {"slow": slow, "fast": fast, "transformers5": transformers5}[arguments.task]()


if __name__ == "__main__":
    main()
