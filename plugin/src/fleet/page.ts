/**
 * The page "GPU hosts" as one answer that never ends: the document first, then a line of script whenever there is news.
 * The host shows it in a sandboxed frame that can neither fetch nor open a socket to the gateway, and to allow it that
 * would let any site read the answers; a document that keeps arriving needs no such permission.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FleetView } from "./view.js";

export class Page {
  readonly #nonce = randomBytes(16).toString("base64");
  readonly #folder: string;

  /** @param folder where the page's files lie */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Nothing may be loaded, and nobody but the gateway's own pages may frame it. */
  get headers(): Record<string, string> {
    const policy = [
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      `script-src 'nonce-${this.#nonce}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
    ];
    return {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy.join("; "),
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    };
  }

  /** The document, which waits for news. */
  get beginning(): string {
    const [style, script, body] = ["fleet.css", "fleet.js", "fleet.html"].map((name) =>
      readFileSync(join(this.#folder, name), "utf8"),
    );
    return body!.replace("/* style */", () => style!).replace("<!-- script -->", () => this.#script(script!));
  }

  /** One piece of news. */
  news(view: FleetView | { error: string }): string {
    return `${this.#script(`show(${literal(view)})`)}\n`;
  }

  /** The end of the document, after which the page asks for the next one. */
  get end(): string {
    return this.#script("again()");
  }

  #script(source: string): string {
    return `<script nonce="${this.#nonce}">${source}</script>`;
  }
}

/** JSON that can stand in a script: `</script>` and `<!--` can't occur in it. */
function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
