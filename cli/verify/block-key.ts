import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import { PublicJwkSchema, type PublicJwk } from "../../protocol/requests.ts";
import type { UnverifiedBlock } from "../../blocks/inspect.ts";
import { publicPart, thumbprintSync } from "../../blocks/keys.ts";
import { call, RefusedError } from "../api/call.ts";
import { readAuthor } from "../api/author.ts";
import { readPrivateKey } from "../sign/private-key.ts";
import { CliError } from "../errors/cli-error.ts";

/** The key that a block names and its source, or why there is none. */
export type FoundKey =
  | { jwk: PublicJwk; from: string }
  | {
      jwk?: undefined;
      why: string;
      /** True where the server that would run the block refuses the key. */
      refused: boolean;
    };

const ANSWER_MS = 5000;

/**
 * Finds the block's key: in the file if one is given, else on this machine, else at the server that the block is for.
 * Only its thumbprint identifies it.
 */
export async function findBlockKey(
  block: UnverifiedBlock,
  keyFile: string | undefined,
): Promise<FoundKey> {
  if (keyFile !== undefined) {
    const jwk = keyAmong(await keysIn(keyFile), block);
    if (jwk) return { jwk, from: "this key" };
    return { why: `${keyFile} does not hold the key that the block names`, refused: false };
  }
  const local = await localKey(block);
  return local ? { jwk: local, from: "a key of this machine" } : serverKey(block);
}

/** The public part of a key that signs on this machine. */
async function localKey({ claims, header }: UnverifiedBlock): Promise<PublicJwk | undefined> {
  try {
    const author = await readAuthor(claims.iss);
    return publicPart(readPrivateKey(author, header.kid));
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

const SetSchema = v.object({ keys: v.array(v.looseObject({})) });

/** Asks the first server that the block is for and that answers. */
async function serverKey(block: UnverifiedBlock): Promise<FoundKey> {
  const { iss, aud = [] } = block.claims;
  const servers = [aud].flat().filter((url) => URL.canParse(url) && /^https?:/.test(url));
  let why = `this machine does not have ${iss}'s key, and the block names no server to ask`;
  for (const url of servers) {
    const server = url.replace(/\/+$/, "");
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const { keys } = await call(server + paths.projectKeys(iss), SetSchema, { signal });
      const jwk = keyAmong(keys, block);
      if (jwk) return { jwk, from: `a key that ${server} has of ${iss}` };
      return {
        why: `${server} takes no such key of ${iss}: revoked, or never there`,
        refused: true,
      };
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) {
        return { why: `${server} has no project ${iss}`, refused: true };
      }
      why = `this machine does not have ${iss}'s key, and ${server} does not answer`;
    }
  }
  return { why: `${why}: add --key FILE with its public JWK`, refused: false };
}

const KeyFileSchema = v.union([
  SetSchema,
  v.pipe(
    v.looseObject({ kty: v.string() }),
    v.transform((jwk) => ({ keys: [jwk as Record<string, unknown>] })),
  ),
]);

/** The public keys in a file. Throws `CliError`. */
export async function keysIn(file: string): Promise<PublicJwk[]> {
  return readFile(file, "utf8")
    .then((content) => v.parse(KeyFileSchema, JSON.parse(content)).keys.flatMap(publicKey))
    .catch((cause: unknown) => {
      throw new CliError(`${file} holds no JWK and no JWK set`, { cause });
    });
}

function keyAmong(keys: object[], block: UnverifiedBlock): PublicJwk | undefined {
  return keys.flatMap(publicKey).find((key) => thumbprintSync(key) === block.header.kid);
}

/** The public part of a member of a key set; none if it is no key that signs blocks. */
function publicKey(candidate: object): PublicJwk[] {
  const { kty, crv, x, y } = candidate as Record<string, unknown>;
  const part = kty === "EC" ? { kty, crv, x, y } : { kty, crv, x };
  return v.is(PublicJwkSchema, part) ? [part] : [];
}
