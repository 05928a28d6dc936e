import type { StoredResult, StoredResults } from "../../protocol/run.ts";
import { MAX_RESULT_BLOCKS } from "../../protocol/sizes.ts";

/** Blocks that ask within this time share a request. */
const TOGETHER_MS = 50;
/** Longer addresses are refused by proxies. */
const MAX_URL_CHARACTERS = 7_000;

interface Asking {
  /** The answers' receivers, by token: a page may hold a block twice. */
  tokens: Map<string, ((found: StoredResult | undefined) => void)[]>;
}

const asking = new Map<string, Asking>();

/** Returns the newest stored result of the block `token`; undefined where there is none, or no answer. */
export function findStored(server: string, token: string): Promise<StoredResult | undefined> {
  const { promise, resolve } = Promise.withResolvers<StoredResult | undefined>();
  let asked = asking.get(server);
  if (!asked) {
    asking.set(server, (asked = { tokens: new Map() }));
    setTimeout(() => ask(server), TOGETHER_MS);
  }
  asked.tokens.set(token, [...(asked.tokens.get(token) ?? []), resolve]);
  return promise;
}

function ask(server: string): void {
  const { tokens } = asking.get(server)!;
  asking.delete(server);
  for (const group of groupsOf([...tokens.keys()])) {
    void answersFor(server, group).then((answers) => {
      for (const [index, token] of group.entries()) {
        for (const resolve of tokens.get(token)!) resolve(answers[index] ?? undefined);
      }
    });
  }
}

/** Splits tokens into requests of a size that servers take. A longer token has a request of its own. */
function groupsOf(tokens: readonly string[]): string[][] {
  const groups: string[][] = [];
  let room = 0;
  for (const token of tokens) {
    room -= token.length + "&block=".length;
    const last = groups.at(-1);
    if (last && room >= 0 && last.length < MAX_RESULT_BLOCKS) last.push(token);
    else {
      groups.push([token]);
      room = MAX_URL_CHARACTERS - token.length;
    }
  }
  return groups;
}

/** The page shows no stored result where the server gives none: a reader can still press Run. */
async function answersFor(
  server: string,
  tokens: readonly string[],
): Promise<StoredResults["results"]> {
  const query = tokens.map((token) => `block=${encodeURIComponent(token)}`).join("&");
  try {
    const response = await fetch(`${server}/v1/results?${query}`, {
      credentials: "omit",
      signal: AbortSignal.timeout(30_000),
    });
    return response.ok ? ((await response.json()) as StoredResults).results : [];
  } catch {
    return [];
  }
}
