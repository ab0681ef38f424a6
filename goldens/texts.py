"""The texts all goldens are made of: what trips tokenizers, and ordinary English."""

_FABLE = (
    "The fox looked up at the grapes for a long while before she spoke to anyone about them. "
    "Every summer the vines along the southern wall grew a little higher, and every summer she grew a little older. "
)

ODD = {
    "empty": "",
    "blank": "  \t\n  ",
    "letter": "a",
    "question mark": "?",
    "two words": "Hello world",
    "300 tokens": _FABLE * 7,
    "700 tokens": _FABLE * 17,
    "long word": "pneumono" * 15,
    "chinese": "今天天气很好，我们去公园散步吧。",
    "japanese": "東京タワーの近くで、おいしいラーメンを食べました。",
    "korean": "오늘은 날씨가 정말 좋네요.",
    "arabic": "القطة تجلس على السجادة.",
    "hindi": "बिल्ली चटाई पर बैठी है।",
    "mixed scripts": "GPU 服务器 und Straße, ΑΘΗΝΑ и Москва",
    "emoji": "I ❤️ crabs 🦀🚀 and families 👩‍👩‍👧‍👦!",
    "emoji alone": "🦀🦀🦀",
    "control characters": "bell\x07 null\x00 tab\t escape\x1b[0m delete\x7f",
    "control characters alone": "\x00\x01\x02",
    "separators": "line\u2028paragraph\u2029next\x85unit\x1fend",
    "special tokens": "Is [CLS] a token? [SEP] and [MASK], [PAD] or [UNK] too; [cls] is not.",
    "special token alone": "[CLS]",
    "zero width": "zero\u200bwidth non\u200cjoiner and\u200djoiner, soft\u00adhyphen",
    "zero width alone": "\u200b\u200b\ufeff",
    "combining accents": "Cafe\u0301 nai\u0308ve A\u030angstro\u0308m, and precomposed: Café naïve Ångström",
    "wide and ligatures": "ﬁne ½ ＦＵＬＬ　ＷＩＤＴＨ Ⅳ ①",
    "private use": "\ue000 is a private-use character",
    "code": "fn main() { println!(\"{}\", x as f64 / 3.0); } // v0.3.0-rc.1",
    "address": "See https://example.org/a?b=c&d=%20#e or mail first.last+tag@example.org",
    "numbers": "1,234.56 − 7e-3 = $1,000,000 (≈ 12.5 %)",
    "repeated spaces": "  leading,   inner    and trailing   ",
}

# The slow tokenizers of transformers 4 drop characters that Unicode has not assigned; the fast ones, ours among them, call
# the word unknown. So this one is for embeddings only, whose reference is fast too.
UNASSIGNED = "an unassigned \u0378 and a noncharacter \uffff"

PAIRS = [
    ("A man is eating food.", "A man eats something."),
    ("A man is eating food.", "The stock market fell sharply on Monday."),
    ("The weather today is cold and rainy.", "It is chilly and wet outside today."),
    ("The weather today is cold and rainy.", "It is warm and sunny outside today."),
    ("28-year-old chef found dead in San Francisco mall", "28-Year-Old Chef Found Dead at San Francisco Mall"),
    ("The new policy will take effect next month.", "Starting next month, the new rule applies."),
    ("She plays the violin in the city orchestra.", "The city orchestra has a violinist, and it is her."),
    ("She plays the violin in the city orchestra.", "He repairs bicycles in a small shop near the river."),
    ("How do I reset my password?", "What are the steps to change a forgotten password?"),
    ("Hello world", "Hello, world!"),
    ("no", "yes"),
    ("The quick brown fox jumps over the lazy dog.", "The quick brown fox jumps over the lazy dog."),
]
