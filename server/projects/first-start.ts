import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PublicJwk } from "../../protocol/requests.ts";
import { newKeyPair, publicPart, type PrivateJwk } from "../../blocks/keys.ts";
import { FIRST_PROJECT, type DataFolder } from "../settings/data-folder.ts";
import { newSecret } from "../database/ids.ts";
import { madeOnce, makeFolder } from "../settings/private-files.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Projects } from "./projects.ts";

/** Secrets that the first start creates in the data folder. */
export interface Secrets {
  /** Master key. */
  secret: string;
  receiptKey: PrivateJwk;
}

export async function prepareFolder(folder: DataFolder, secret?: string): Promise<Secrets> {
  await makeFolder(folder.root);
  const newKeyFile = async () => JSON.stringify((await newKeyPair()).privateJwk);
  return {
    secret: secret ?? (await madeOnce(folder.secret, async () => newSecret())),
    receiptKey: JSON.parse(await madeOnce(folder.receiptKey, newKeyFile)) as PrivateJwk,
  };
}

/** Makes sure that the first project, its owner's token and a usable key exist; returns the key. */
export async function prepareFirstProject(
  folder: DataFolder,
  projects: Projects,
): Promise<PrivateJwk> {
  const token = await madeOnce(folder.ownerToken, async () => newSecret());
  await projects.ensure(FIRST_PROJECT, { secret: token.trim(), label: "made at the first start" });

  const keys = folder.keys(FIRST_PROJECT);
  await makeFolder(keys);
  const usable = await usableKey(projects, await privateKeys(keys));
  if (usable) return usable;
  const { kid, privateJwk, publicJwk } = await newKeyPair();
  await madeOnce(join(keys, `${kid}.json`), async () => JSON.stringify(privateJwk));
  await register(projects, publicJwk);
  return privateJwk;
}

/** The folder's first key that is not revoked; registers it if needed. */
async function usableKey(projects: Projects, keys: PrivateJwk[]): Promise<PrivateJwk | undefined> {
  for (const key of keys) {
    await register(projects, publicPart(key));
    const found = await projects.findKey(FIRST_PROJECT, key.kid);
    if (found?.revokedAt === null) return key;
  }
  return undefined;
}

async function privateKeys(folder: string): Promise<PrivateJwk[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.map((text) => JSON.parse(text) as PrivateJwk);
}

async function register(projects: Projects, jwk: PublicJwk): Promise<void> {
  try {
    await projects.addKey(FIRST_PROJECT, jwk, "made at the first start");
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "key_exists")) throw error;
  }
}
