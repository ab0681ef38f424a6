/** Tokens that a scripted device makes of a text: not what the bridge guesses, but about in proportion to it. */
export function tokensIn(text) {
  return Math.floor(text.length / 3) + 2;
}
