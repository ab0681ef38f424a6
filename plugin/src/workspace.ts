/**
 * The folder that a tool may read from and write to. A path is judged by where it really leads: links are followed
 * first, and what lies outside is refused, however it is spelled.
 */
import { lstat, mkdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { ToolInputError } from "./errors.js";

export class Workspace {
  readonly #root: string | undefined;

  /** @param root undefined where the host has given the call no workspace */
  constructor(root: string | undefined) {
    this.#root = root;
  }

  /** The real path of a file that is there. `parameter` is what errors call the path. */
  async existing(path: string, parameter: string): Promise<string> {
    const wanted = resolve(this.#folder(parameter), path);
    await this.#confine(wanted, path, parameter);
    const real = await realIfThere(wanted);
    if (real && (await stat(real)).isFile()) return real;
    throw wrong(parameter, path, real ? "is no file" : "is not in the workspace");
  }

  /** The real path for a file to be written; its folder is made. A link or a folder there is refused. */
  async writable(path: string, parameter: string): Promise<string> {
    const root = this.#folder(parameter);
    const wanted = resolve(root, path);
    await mkdir(root, { recursive: true });
    await this.#confine(dirname(wanted), path, parameter);
    await mkdir(dirname(wanted), { recursive: true }).catch(refuse(parameter, path));
    const real = join(await realpath(dirname(wanted)), basename(wanted));
    const there = await lstat(real).catch(() => undefined);
    if (there && !there.isFile()) throw wrong(parameter, path, "is there and no file");
    return real;
  }

  #folder(parameter: string): string {
    if (this.#root) return this.#root;
    throw new ToolInputError(`\`${parameter}\` needs a workspace, and this call has none. Leave it out.`);
  }

  /** Judged by the deepest folder that is there already, for what isn't there can't be a link. */
  async #confine(wanted: string, path: string, parameter: string): Promise<void> {
    if (path.includes("\0")) throw wrong(parameter, path, "holds a character that no path can");
    const root = await realIfThere(this.#folder(parameter));
    if (root === undefined || !inside(root, await deepestReal(wanted)))
      throw wrong(parameter, path, "leads out of the workspace");
  }
}

async function deepestReal(path: string): Promise<string> {
  return (await realIfThere(path)) ?? (await deepestReal(dirname(path)));
}

async function realIfThere(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

function inside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way.split(sep)[0] !== ".." && !isAbsolute(way);
}

/** For a `catch`: throws what the system says of a path in words that name the parameter, anything else as it is. */
export function refuse(parameter: string, path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error && "errno" in error)) throw error;
    throw wrong(parameter, path, `can't be used (${error.message.split(",", 1)[0]})`);
  };
}

function wrong(parameter: string, path: string, what: string): ToolInputError {
  return new ToolInputError(`\`${parameter}\` is "${path}", which ${what}. Name a file in the workspace.`);
}
