"""Takes bert-score's published baselines out of its package, and makes goldens of rescaled scores.

    python make_baselines.py table
    python make_baselines.py scores --model FOLDER_OF_ALL_MINILM_L6_V2

`table` writes crates/encoder/data/bertscore_baselines.tsv: for each of the package's files a line `language, model`,
then a line `P, R, F` for each layer from 0, the embeddings, on. The numbers are copied as they are written. `scores`
rescales by the real file of a model that has as many layers as MiniLM or more; all-MiniLM-L6-v2 itself has none. Both
run in the environment of requirements-bertscore.txt.
"""

import argparse
import pathlib

import bert_score

from make_goldens import rounded, write
from texts import ODD, PAIRS

BASELINES = pathlib.Path(bert_score.__file__).parent / "rescale_baseline"
TABLE = pathlib.Path(__file__).parents[1] / "crates/encoder/data/bertscore_baselines.tsv"
LANG, MODEL, LAYERS = "en", "bert-base-uncased", 5


def block(path: pathlib.Path) -> list[str]:
    lang, *model = path.relative_to(BASELINES).with_suffix("").parts
    head, *rows = path.read_text().split()
    assert head == "LAYER,P,R,F", path
    layers, *numbers = zip(*(row.split(",") for row in rows))
    assert [int(layer) for layer in layers] == list(range(len(rows))), f"{path} is not one row a layer"
    return ["\t".join([lang, "/".join(model)]), *map("\t".join, zip(*numbers))]


def table() -> None:
    paths = sorted(BASELINES.rglob("*.tsv"))
    TABLE.write_text("".join(line + "\n" for path in paths for line in block(path)))
    print(f"{TABLE.name}: {len(paths)} baselines, {TABLE.stat().st_size} bytes")


def scores(model_folder: str) -> None:
    def rescaled(candidates, references, idf):
        path = str(BASELINES / LANG / f"{MODEL}.tsv")
        values = bert_score.score(candidates, references, model_type=model_folder, num_layers=LAYERS, idf=idf,
                                  lang=LANG, rescale_with_baseline=True, baseline_path=path, device="cpu", nthreads=0)
        return rounded([list(score) for score in zip(*(value.tolist() for value in values))])

    pairs = PAIRS + [(ODD["empty"], PAIRS[0][0]), (PAIRS[0][0], ODD["blank"]), (ODD["zero width alone"], PAIRS[0][0])]
    candidates, references = map(list, zip(*pairs))
    several = [[b, a, PAIRS[0][1]] for a, b in pairs]
    runs = [
        {"idf": idf, "scores": rescaled(candidates, references, idf), "several": rescaled(candidates, several, idf)}
        for idf in (False, True)
    ]
    baseline = {"lang": LANG, "model": MODEL, "layers": LAYERS}
    write(
        "minilm_bertscore_rescaled.json",
        {"baseline": baseline, "candidates": candidates, "references": references, "several": several, "runs": runs},
        ["bert-score", "transformers", "tokenizers", "torch"],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("table")
    tasks.add_parser("scores").add_argument("--model", required=True, help="the folder of all-MiniLM-L6-v2")
    arguments = parser.parse_args()
    table() if arguments.task == "table" else scores(arguments.model)


if __name__ == "__main__":
    main()
