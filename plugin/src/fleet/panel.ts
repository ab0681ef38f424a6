/** Serves the page, and keeps every open one told. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf } from "../errors.js";
import type { Fleet } from "./fleet.js";
import { Page } from "./page.js";

/** Where the page is, below the gateway. */
export const PANEL_PATH = "/plugins/openclaw-gpu-bridge/panel";

/** Between two pieces of news, in milliseconds. */
const NEWS = 2_000;
/** After which a page is ended and asks anew, so that none grows without end. */
const LIFE = 10 * 60_000;

export class Panel {
  readonly #fleet: Fleet;
  readonly #folder: string;
  readonly #open = new Set<() => void>();

  /** @param folder where the page's files lie */
  constructor(fleet: Fleet, folder: string) {
    this.#fleet = fleet;
    this.#folder = folder;
  }

  /** Answers at once and goes on by itself, so that a gateway that stops waits for no page. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): true => {
    const page = new Page(this.#folder);
    response.writeHead(200, page.headers);
    if (request.method === "HEAD") response.end();
    else this.#serve(page, response);
    return true;
  };

  /** Ends every open page; each then asks for the next one. */
  stop(): void {
    for (const end of this.#open) end();
  }

  #serve(page: Page, response: ServerResponse): void {
    response.write(page.beginning);
    const tell = async () => response.write(page.news(await this.#news()));
    const news = setInterval(tell, NEWS).unref();
    const end = () => response.end(page.end);
    const life = setTimeout(end, LIFE).unref();
    this.#open.add(end);
    response.once("close", () => {
      clearInterval(news);
      clearTimeout(life);
      this.#open.delete(end);
    });
    void tell();
  }

  async #news() {
    try {
      return await this.#fleet.view();
    } catch (error) {
      return { error: messageOf(error) };
    }
  }
}
