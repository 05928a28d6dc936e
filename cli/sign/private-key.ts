import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { algorithmOf, publicPart, thumbprintSync, type PrivateJwk } from "../../blocks/keys.ts";
import type { Author } from "../api/author.ts";
import { parseJson } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";
import { chooseKeyFile, findKeyFiles, ownKeys } from "../keys/key-files.ts";

const VARIABLE = "DEFERRED_SIGNING_KEY";

/** Thrown for a key that is there and can't be used: its hint says what to correct. */
export class UnusableKeyError extends CliError {}

/**
 * The key in `DEFERRED_SIGNING_KEY`; else the key of this machine with that id, or the newest. Throws `CliError`.
 */
export function readPrivateKey(
  author: Pick<Author, "folder" | "project">,
  kid?: string,
): PrivateJwk {
  const { project } = author;
  const given = readKeyVariable();
  if (given && (kid === undefined || kid === given.kid)) return given;
  const files = findKeyFiles(author);
  if (files.length === 0) {
    throw new CliError(`no key of ${project} is in ${ownKeys(project)} or ${author.folder.root}`, {
      hint:
        `make one (deferred keys new --project ${project}), start the server once (deferred serve), set ` +
        `DEFERRED_DATA to its data folder, or ${VARIABLE} to a key of deferred keys new --ci`,
    });
  }
  const file = chooseKeyFile(files, kid);
  if (!file) {
    throw new CliError(`${project} has no private key ${kid} here`, {
      hint: `deferred keys list --project ${project}`,
    });
  }
  const key = parseKey(readText(file.path));
  if (key) return key;
  throw new UnusableKeyError(`${file.path} is not a private key`, {
    hint: `restore it from a backup, or remove it and make another: deferred keys new --project ${project}`,
  });
}

/** Throws `CliError` if the variable is set and holds no key. Its text is never shown. */
function readKeyVariable(): PrivateJwk | undefined {
  const text = process.env[VARIABLE]?.trim();
  if (!text) return undefined;
  const key = parseKey(text);
  if (key && thumbprintSync(key) === key.kid) return key;
  throw new UnusableKeyError(`${VARIABLE} holds no private key`, {
    hint: "set it to the whole line that deferred keys new --ci printed, with its braces",
  });
}

const PrivatePart = v.object({
  d: v.string(),
  kid: v.string(),
  alg: v.picklist(["EdDSA", "ES256"]),
});

function parseKey(text: string): PrivateJwk | undefined {
  const jwk = parseJson(text);
  const secret = v.safeParse(PrivatePart, jwk);
  if (!secret.success || typeof jwk !== "object" || jwk === null) return undefined;
  try {
    const key = { ...publicPart(jwk), ...secret.output };
    return key.alg === algorithmOf(key) && isPair(key) ? key : undefined;
  } catch (error) {
    if (v.isValiError(error)) return undefined;
    throw error;
  }
}

/** Whether the private part fits the public one. */
function isPair(key: PrivateJwk): boolean {
  try {
    createPrivateKey({ key, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new CliError(`${file} can't be read`, { cause });
  }
}
