import { ApiError } from "../../protocol/deferred-error.ts";
import type { GistAddress } from "./address.ts";
import type { GistAnswer } from "./github.ts";
import { keepGist, type KeptGist } from "./signed-files.ts";
import { createTurns } from "./turns.ts";

/** As long as GitHub's own caches keep a gist. */
const FRESH_MS = 60_000;
/** A copy of this age still answers while GitHub does not. */
const STALE_MS = 24 * 3600 * 1000;
/** Answers from a copy without a request, after GitHub failed: a request may take its whole timeout. */
const RETRY_MS = 10_000;
const MAX_READS = { atOnce: 4, waiting: 64 };
const MAX_ENTRIES = 1000;
const MAX_CHARACTERS = 16 * 1024 * 1024;
const ENTRY_CHARACTERS = 1024;

interface Entry {
  found: KeptGist | ApiError;
  etag: string | undefined;
  /** When GitHub confirmed it, by the steady clock. */
  at: number;
  /** When GitHub is asked again. */
  askAt: number;
  /** A revision never changes. */
  isFixed: boolean;
}

export interface GistCacheOptions {
  read: (address: GistAddress, etag?: string) => Promise<GistAnswer>;
  /** A clock that never jumps, in milliseconds. */
  steady: () => number;
}

/**
 * Gists that were read, asked for again by their ETag. Bounded by number and size: the least recently used go first.
 * Gists that do not exist are kept as well, so that guesses do not use up GitHub's limit.
 */
export function createGistCache({ read, steady }: GistCacheOptions) {
  const entries = new Map<string, Entry>();
  const underWay = new Map<string, Promise<KeptGist>>();
  const inTurn = createTurns(MAX_READS);
  let characters = 0;
  /** GitHub answers nothing until then. */
  let limited: { error: ApiError; until: number } | undefined;

  /** Throws `ApiError`. */
  return async function find(address: GistAddress): Promise<KeptGist> {
    const key = `${address.id}@${address.revision ?? ""}`;
    const entry = entries.get(key);
    if (entry) {
      // Most recently used last.
      entries.delete(key);
      entries.set(key, entry);
      const isFixed = entry.isFixed && !(entry.found instanceof ApiError);
      if (isFixed || steady() < entry.askAt) return answer(entry.found);
    }
    const known = underWay.get(key);
    if (known) return known;
    const asked = ask(key, address, entry).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  };

  async function ask(key: string, address: GistAddress, old: Entry | undefined): Promise<KeptGist> {
    try {
      const answered = await inTurn(async () => {
        if (limited && steady() < limited.until) throw limited.error;
        return read(address, old?.etag);
      });
      if (answered !== "unchanged") {
        const found = keepGist(answered.gist, address.revision);
        return answer(keep(key, address, { found, etag: answered.etag }));
      }
      if (old) return answer(keep(key, address, old));
      throw new ApiError("gist_unavailable", undefined, { retryAfterS: 60 });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, retryAfterS = 60 } = error;
      if (code === "gist_limited" && error !== limited?.error) {
        limited = { error, until: steady() + retryAfterS * 1000 };
      }
      if (code !== "gist_limited" && code !== "gist_unavailable") {
        throw keep(key, address, { found: error, etag: undefined });
      }
      const isUsable = old && !(old.found instanceof ApiError) && steady() - old.at < STALE_MS;
      if (!isUsable) throw error;
      old.askAt = steady() + RETRY_MS;
      return answer(old.found);
    }
  }

  function keep<Found extends Entry["found"]>(
    key: string,
    { revision }: GistAddress,
    { found, etag }: { found: Found; etag: string | undefined },
  ): Found {
    drop(key);
    const at = steady();
    entries.set(key, { found, etag, at, askAt: at + FRESH_MS, isFixed: revision !== undefined });
    characters += sizeOf(found);
    for (const oldest of entries.keys()) {
      if (entries.size <= MAX_ENTRIES && characters <= MAX_CHARACTERS) break;
      drop(oldest);
    }
    return found;
  }

  function drop(key: string): void {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    characters -= sizeOf(entry.found);
  }
}

function sizeOf(found: Entry["found"]): number {
  return ENTRY_CHARACTERS + (found instanceof ApiError ? 0 : found.size);
}

function answer(found: Entry["found"]): KeptGist {
  if (found instanceof ApiError) throw found;
  return found;
}
