import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { publicPart, type PrivateJwk } from "../../blocks/keys.ts";
import type { Author } from "../api/author.ts";
import { CliError } from "../errors/cli-error.ts";

/** The private key with that id, else the newest. Throws `CliError`. */
export async function readPrivateKey(author: Author, kid?: string): Promise<PrivateJwk> {
  const folder = author.folder.keys(author.project);
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
  if (files.length === 0) {
    throw new CliError(`no key of ${author.project} is in ${author.folder.root}`, {
      hint: "start the server once (deferred serve), or set DEFERRED_DATA to its data folder",
    });
  }
  if (kid !== undefined && !files.includes(`${kid}.json`)) {
    throw new CliError(`${author.project} has no private key ${kid} here`, {
      hint: `deferred keys list --project ${author.project}`,
    });
  }
  const name = kid === undefined ? await findNewest(folder, files) : `${kid}.json`;
  return readJwk(join(folder, name));
}

async function findNewest(folder: string, files: string[]): Promise<string> {
  const dated = await Promise.all(
    files.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  return dated.sort((a, b) => b.at - a.at)[0]!.name;
}

const PrivatePart = v.object({
  d: v.string(),
  kid: v.string(),
  alg: v.picklist(["EdDSA", "ES256"]),
});

async function readJwk(file: string): Promise<PrivateJwk> {
  try {
    const jwk: unknown = JSON.parse(await readFile(file, "utf8"));
    return { ...publicPart(v.parse(v.looseObject({}), jwk)), ...v.parse(PrivatePart, jwk) };
  } catch (cause) {
    throw new CliError(`${file} is not a private key`, { cause });
  }
}
