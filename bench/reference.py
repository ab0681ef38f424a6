"""The Python references, for the benchmark: reads one JSON job a line and answers with the seconds it took.

`reference.py embeddings MODEL` runs sentence-transformers, `reference.py bertscore MODEL` runs bert-score. Time is
taken in the process, so that Python pays for no transport while gpu-service pays for HTTP.
"""

import json
import sys
import time


def embeddings(model):
    from sentence_transformers import SentenceTransformer

    loaded = SentenceTransformer(model, device="cpu")
    return lambda job: loaded.encode(job["texts"], show_progress_bar=False)


def bertscore(model):
    from bert_score import BERTScorer

    scorer = BERTScorer(model_type=model, num_layers=6, device="cpu")
    return lambda job: scorer.score(job["candidates"], job["references"])


def main():
    work = {"embeddings": embeddings, "bertscore": bertscore}[sys.argv[1]](sys.argv[2])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        started = time.perf_counter()
        work(job)
        print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)


if __name__ == "__main__":
    main()
