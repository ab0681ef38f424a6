/** What `embed()` answers: all numbers in one block, and 0.2's nested lists for those who ask for them. */
export class EmbedResponse {
  #rows;

  constructor({ vectors, dimensions, model, truncated, tokens, fingerprint }) {
    this.vectors = vectors;
    this.dimensions = dimensions;
    this.model = model;
    this.truncated = truncated;
    this.usage = { tokens };
    if (fingerprint) this.fingerprint = fingerprint;
  }

  /** 0.2's shape, made on the first look: a list of numbers for each text. */
  get embeddings() {
    return (this.#rows ??= rows(this.vectors, this.dimensions));
  }

  /** The answer as services send it. */
  toJSON() {
    const { embeddings, model, dimensions, truncated, usage } = this;
    return { embeddings, model, dimensions, truncated, usage };
  }
}

function rows(vectors, dimensions) {
  const length = dimensions > 0 ? vectors.length / dimensions : 0;
  return Array.from({ length }, (_, row) =>
    Array.from(vectors.subarray(row * dimensions, (row + 1) * dimensions)),
  );
}
