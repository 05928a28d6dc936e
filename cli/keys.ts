import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { paths } from "../protocol/paths.ts";
import { KeyViewSchema, type KeyView } from "../protocol/requests.ts";
import { newKeyPair } from "../server/blocks/keys.ts";
import { call } from "./api.ts";
import { readAuthor, readOwnerToken, type Author } from "./author.ts";
import { CliError } from "./cli-error.ts";
import type { Arguments, Command } from "./command.ts";
import { confirm } from "./confirm.ts";
import { columns } from "./help.ts";

export const keys: Command = {
  name: "keys",
  usage: "new | list | revoke KID [options]",
  summary: "Make, list and revoke the keys that sign.",
  details: [
    "Private keys stay in the data folder of this machine, readable by their owner alone; the server\n" +
      "is told the public part. It has to run.",
  ],
  options: {
    project: { type: "string", value: "OWNER/NAME", help: "Whose keys (default: local/demo)" },
    label: { type: "string", value: "TEXT", help: "new: what the key is for" },
    alg: { type: "string", value: "ALG", help: "new: EdDSA (default) or ES256" },
    yes: { type: "boolean", help: "revoke: do not ask" },
  },
  examples: [
    "deferred keys list",
    "deferred keys new --label laptop",
    "deferred keys revoke NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
  ],
  async run(args) {
    const [verb, kid] = args.positionals;
    const author = await readAuthor({ project: args.text("project") });
    if (verb === "new") return make(author, args);
    if (verb === "list") return list(author);
    if (verb !== "revoke") throw args.wrong("keys needs new, list or revoke");
    if (kid === undefined)
      throw args.wrong("keys revoke needs the key's id, as keys list shows it");
    return revoke(author, kid, args.flag("yes"));
  },
};

async function make(author: Author, args: Arguments): Promise<void> {
  const token = await readOwnerToken(author);
  const { kid, privateJwk, publicJwk } = await newKeyPair(args.choice("alg", ["EdDSA", "ES256"]));
  const folder = author.folder.keys(author.project);
  const file = join(folder, `${kid}.json`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(privateJwk)}\n`, { mode: 0o600, flag: "wx" });
  const label = args.text("label");
  const url = author.serverUrl + paths.keys(author.project);
  const body = { jwk: publicJwk, ...(label === undefined ? {} : { label }) };
  try {
    await call(url, v.unknown(), { method: "POST", body, token });
  } catch (error) {
    // A key that the server does not know would sign blocks that are refused.
    await rm(file);
    throw error;
  }
  process.stdout.write(`${kid}\n`);
  process.stderr.write(`note: ${file} signs for ${author.project} from now on\n`);
}

async function list(author: Author): Promise<void> {
  const here = await keysHere(author);
  const rows = (await registered(author)).map((key) => [
    key.kid,
    key.algorithm,
    key.created_at.slice(0, 10),
    key.revoked_at === null ? "valid" : `revoked ${key.revoked_at.slice(0, 10)}`,
    here.has(key.kid) ? "private key here" : "",
    key.label ?? "",
  ]);
  const lines = columns([["KEY", "ALG", "CREATED", "STATE", "", "LABEL"], ...rows]);
  process.stdout.write(`${lines.map((line) => line.slice(2)).join("\n")}\n`);
}

async function revoke(author: Author, kid: string, sure: boolean): Promise<void> {
  const key = (await registered(author)).find((one) => one.kid === kid);
  if (!key) {
    throw new CliError(`${author.project} has no key ${kid}`, { hint: "deferred keys list" });
  }
  if (key.revoked_at !== null) throw new CliError(`${kid} was revoked at ${key.revoked_at}`);
  process.stderr.write(
    `Every block of ${author.project} that this key signed stops working, on every page; each has to\n` +
      "be signed again with another key. A key that is revoked stays so.\n",
  );
  if (!sure) await confirm(`Revoke ${kid}?`);
  const url = author.serverUrl + paths.key(author.project, kid);
  await call(url, v.unknown(), { method: "DELETE", token: await readOwnerToken(author) });
  await rm(join(author.folder.keys(author.project), `${kid}.json`), { force: true });
  process.stdout.write(`revoked ${kid}\n`);
}

async function registered(author: Author): Promise<KeyView[]> {
  const url = author.serverUrl + paths.keys(author.project);
  const schema = v.object({ keys: v.array(KeyViewSchema) });
  return (await call(url, schema, { token: await readOwnerToken(author) })).keys;
}

async function keysHere(author: Author): Promise<Set<string>> {
  const files = await readdir(author.folder.keys(author.project)).catch(() => []);
  return new Set(files.map((file) => file.replace(/\.json$/, "")));
}
