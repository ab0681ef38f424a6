/** Single keys of a terminal, which otherwise hands over whole lines. */
import type { Input } from "../source.js";

/** Calls back when one of the keys is pressed; gives a function that returns the terminal to its lines. */
export function onKey(stdin: Input, keys: string[], pressed: () => void): () => void {
  if (!stdin.isTTY || !stdin.setRawMode) return () => {};
  const listen = (data: Buffer | string) => {
    if (keys.includes(data.toString())) pressed();
  };
  stdin.setRawMode(true);
  stdin.on("data", listen);
  return () => {
    stdin.off("data", listen);
    stdin.setRawMode?.(false);
    stdin.pause();
  };
}
