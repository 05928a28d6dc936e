import { unverifiedClaims } from "../../blocks/inspect.ts";
import type { BlockClaims } from "../../protocol/claims.ts";
import type { PublicJwk } from "../../protocol/requests.ts";
import { readFileIfThere, replaceFile } from "./atomic-file.ts";
import {
  emptyLock,
  mergeLocks,
  signableName,
  parseLock,
  signableOf,
  writeLock,
  type LockFile,
  type Recorded,
  type Signable,
} from "./lock-file.ts";

export const LOCK_NAME = "deferred-blocks.lock.json";

export interface LockedBlock {
  block: string;
  claims: BlockClaims;
  output: Recorded | undefined;
}

/** The blocks of a site that were signed before. */
export class BlockLock {
  readonly path: string;
  #file: LockFile | undefined;
  #saved: string | undefined;
  readonly #used = new Set<string>();
  /** Tokens that this process signed or recorded: only these replace what another process has saved. */
  readonly #own = new Set<string>();
  #isChanged = false;

  constructor(path: string) {
    this.path = path;
    this.#saved = readFileIfThere(path);
    this.#file = this.#saved === undefined ? undefined : parseLock(path, this.#saved);
  }

  get project(): string | undefined {
    return this.#file?.project;
  }

  /** The server that its blocks are for; null: any, undefined: nothing was signed yet. */
  get server(): string | null | undefined {
    return this.#file?.server;
  }

  get keys(): readonly PublicJwk[] {
    return Object.values(this.#file?.keys ?? {});
  }

  /** The token for exactly these claims. */
  find(wanted: Signable): LockedBlock | undefined {
    const name = signableName(wanted);
    return this.#entries(wanted.code).find(
      ({ claims }) => signableName(signableOf(claims)) === name,
    );
  }

  /** The recorded output of the same code with the same terms. Project and server may differ. */
  findOutput(wanted: Signable): Recorded | undefined {
    const name = signableName({ ...wanted, iss: "", aud: undefined });
    return this.#entries(wanted.code).find(
      ({ claims, output }) =>
        output && signableName({ ...signableOf(claims), iss: "", aud: undefined }) === name,
    )?.output;
  }

  /** Keeps a token in the place of one for the same claims. */
  put({ block, claims, output }: LockedBlock, key: PublicJwk | undefined, kid: string): void {
    const file = (this.#file ??= emptyLock(claims.iss));
    const name = signableName(signableOf(claims));
    const others = (file.blocks[claims.code] ?? []).filter((one) => {
      const inspected = unverifiedClaims(one.block);
      return inspected && signableName(signableOf(inspected)) !== name;
    });
    file.blocks[claims.code] = [...others, { block, ...(output && { output }) }];
    if (key) file.keys[kid] = key;
    this.#own.add(block);
    this.#isChanged = true;
    this.use(block);
  }

  /** Stores the recorded output of a block. */
  setOutput(block: string, output: Recorded): void {
    for (const entry of Object.values(this.#file?.blocks ?? {}).flat()) {
      if (entry.block === block) entry.output = output;
    }
    this.#own.add(block);
    this.#isChanged = true;
  }

  /** Sets the project and the server that the site is signed for. */
  setAuthor(project: string, server: string | null): void {
    this.#file = { ...(this.#file ?? emptyLock(project)), project, server };
  }

  /** The block stands on a page, so that `prune` keeps it. */
  use(block: string): void {
    this.#used.add(block);
  }

  /** How many of its blocks no page has. */
  get unused(): number {
    const all = Object.values(this.#file?.blocks ?? {}).flat();
    return all.filter(({ block }) => !this.#used.has(block)).length;
  }

  /** Removes the blocks that no page has. Returns how many. */
  prune(): number {
    let count = 0;
    for (const [code, entries] of Object.entries(this.#file?.blocks ?? {})) {
      const kept = entries.filter(({ block }) => this.#used.has(block));
      count += entries.length - kept.length;
      if (kept.length > 0) this.#file!.blocks[code] = kept;
      else delete this.#file!.blocks[code];
    }
    if (count > 0) this.#isChanged = true;
    return count;
  }

  /**
   * Writes the file if this process changed a block: plug-ins save after every page. What another process has saved
   * since is kept, unless it was pruned.
   */
  save({ pruned = false } = {}): boolean {
    if (!this.#file || !this.#isChanged) return false;
    const now = readFileIfThere(this.path);
    if (now !== undefined && now !== this.#saved && !pruned)
      mergeLocks(this.#file, parseLock(this.path, now), this.#own);
    this.#isChanged = false;
    const text = writeLock(this.#file);
    this.#saved = text;
    if (text === now) return false;
    replaceFile(this.path, text);
    return true;
  }

  #entries(code: string): LockedBlock[] {
    return (this.#file?.blocks[code] ?? []).flatMap(({ block, output }) => {
      const claims = unverifiedClaims(block);
      return claims?.code === code ? [{ block, claims, output }] : [];
    });
  }
}
