import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PrivateJwk } from "../../blocks/keys.ts";
import { madeOnce } from "../../server/settings/private-files.ts";
import type { Author } from "../api/author.ts";
import { CliError } from "../errors/cli-error.ts";
import { configFolder } from "../login/saved-logins.ts";

type Place = Pick<Author, "folder" | "project">;

/** A private key on this machine: one JWK, in a file named after its thumbprint. */
export interface KeyFile {
  kid: string;
  path: string;
  /** It is in a data folder that nobody named and no server uses, as earlier versions left it. */
  isStray: boolean;
}

/** The folder of this person's private keys of a project, independent of the current folder. */
export function ownKeys(project: string): string {
  return join(configFolder(), "keys", ...project.split("/"));
}

/** The project's private keys on this machine: the person's own first, then those of the data folder. */
export function findKeyFiles({ folder, project }: Place): KeyFile[] {
  const isStray = !isNamed() && !existsSync(folder.ownerToken);
  return [...keysIn(ownKeys(project), false), ...keysIn(folder.keys(project), isStray)];
}

function keysIn(folder: string, isStray: boolean): KeyFile[] {
  return listNames(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ kid: name.slice(0, -".json".length), path: join(folder, name), isStray }));
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // No folder: no keys.
  }
}

/** The key with that id, or the newest. */
export function chooseKeyFile(files: readonly KeyFile[], kid?: string): KeyFile | undefined {
  if (kid !== undefined) return files.find((file) => file.kid === kid);
  const dated = files.map((file) => ({ file, at: statSync(file.path).mtimeMs }));
  return dated.toSorted((a, b) => b.at - a.at)[0]?.file;
}

/** Says where a key belongs that is in an old place. */
export function oldPlaceNotes(author: Place, kid: string): string[] {
  const file = findKeyFiles(author).find((one) => one.kid === kid);
  if (!file?.isStray) return [];
  return [`the private key ${file.path} belongs in ${ownKeys(author.project)}: move it there`];
}

/**
 * Stores a new private key, readable by this user alone, and returns its file. The person's own folder takes it, or a
 * server's data folder that `DEFERRED_DATA` names: its backups have the key, and a container keeps it. Throws `CliError`.
 */
export async function storeKey({ folder, project }: Place, key: PrivateJwk): Promise<string> {
  const isServers = isNamed() && existsSync(folder.ownerToken);
  const path = join(isServers ? folder.keys(project) : ownKeys(project), `${key.kid}.json`);
  try {
    await madeOnce(path, async () => `${JSON.stringify(key)}\n`);
  } catch (cause) {
    throw new CliError(`${path} can't be written`, {
      hint: "set XDG_CONFIG_HOME to a folder that you may write, or print the key with --ci",
      cause,
    });
  }
  return path;
}

/** Whether the data folder is stated, and not just below the current folder. */
function isNamed(): boolean {
  return Boolean(process.env["DEFERRED_DATA"]);
}
