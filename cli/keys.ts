import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { paths } from "../protocol/paths.ts";
import { KeyViewSchema, type KeyView } from "../protocol/requests.ts";
import { newKeyPair } from "../blocks/keys.ts";
import { makeFolder } from "../server/settings/private-files.ts";
import { call } from "./api.ts";
import { readAuthor, readOwnerToken, type Author } from "./author.ts";
import { CliError } from "./cli-error.ts";
import type { Arguments, Command, Option } from "./command.ts";
import { confirm } from "./confirm.ts";
import type { Group } from "./tree.ts";
import { note, print, printFacts, printJson, tell } from "./print.ts";

const project: Option = {
  type: "string",
  value: "OWNER/NAME",
  help: "Whose keys (default: $DEFERRED_PROJECT, else local/demo)",
};
const json: Option = { type: "boolean", help: "As JSON" };
const authorOf = (args: Arguments) => readAuthor({ project: args.text("project") });

const newKey: Command = {
  name: "keys new",
  usage: "[options]",
  summary: "Make a key that signs from now on.",
  options: {
    project,
    label: { type: "string", value: "TEXT", help: "What the key is for" },
    alg: { type: "string", value: "ALG", help: "EdDSA (default) or ES256" },
    json,
  },
  examples: ["deferred keys new --label laptop"],
  async run(args) {
    args.none();
    return make(await authorOf(args), args);
  },
};

const listKeys: Command = {
  name: "keys list",
  usage: "[options]",
  summary: "List a project's keys, and whether their private parts are here.",
  options: { project, json },
  examples: ["deferred keys list"],
  async run(args) {
    args.none();
    return list(await authorOf(args), args.flag("json"));
  },
};

const revokeKey: Command = {
  name: "keys revoke",
  usage: "KID [options]",
  summary: "Revoke a key: every block that it signed stops working.",
  options: { project, yes: { type: "boolean", help: "Do not ask" }, json },
  examples: ["deferred keys revoke NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"],
  async run(args) {
    const kid = args.only("the key's id, as keys list shows it");
    return revoke(await authorOf(args), kid, args);
  },
};

export const keys: Group = {
  name: "keys",
  summary: "Make, list and revoke the keys that sign.",
  details: [
    "Private keys stay in the data folder of this machine, readable by their owner alone; the server\n" +
      "is told the public part. It has to run.",
  ],
  commands: [
    { name: "new", summary: "Make a key that signs from now on", load: async () => newKey },
    { name: "list", summary: "List a project's keys", load: async () => listKeys },
    { name: "revoke", summary: "Revoke a key", load: async () => revokeKey },
  ],
  examples: ["deferred keys list", "deferred keys new --label laptop"],
};

async function make(author: Author, args: Arguments): Promise<void> {
  const token = await readOwnerToken(author);
  const { kid, privateJwk, publicJwk } = await newKeyPair(args.choice("alg", ["EdDSA", "ES256"]));
  const folder = author.folder.keys(author.project);
  const file = join(folder, `${kid}.json`);
  await makeFolder(folder);
  await writeFile(file, `${JSON.stringify(privateJwk)}\n`, { mode: 0o600, flag: "wx" });
  const label = args.text("label");
  const url = author.serverUrl + paths.keys(author.project);
  const body = { jwk: publicJwk, ...(label === undefined ? {} : { label }) };
  let made: KeyView;
  try {
    made = await call(url, KeyViewSchema, { method: "POST", body, token });
  } catch (error) {
    // A key that the server does not know would sign blocks that are refused.
    await rm(file);
    throw error;
  }
  if (args.flag("json")) printJson(made);
  else print(kid);
  note(`${file} signs for ${author.project} from now on`);
}

async function list(author: Author, asJson: boolean): Promise<void> {
  const here = await keysHere(author);
  const found = await registered(author);
  const rows = found.map((key) => [
    key.kid,
    key.algorithm,
    key.created_at.slice(0, 10),
    key.revoked_at === null ? "valid" : `revoked ${key.revoked_at.slice(0, 10)}`,
    here.has(key.kid) ? "private key here" : "",
    key.label ?? "",
  ]);
  const header = ["KEY", "ALG", "CREATED", "STATE", "", "LABEL"];
  printFacts(asJson, { keys: found }, rows.length === 0 ? [] : [header, ...rows]);
  if (rows.length === 0) {
    note(`${author.project} has no key: deferred keys new --project ${author.project} makes one`);
  }
}

async function revoke(author: Author, kid: string, args: Arguments): Promise<void> {
  const key = (await registered(author)).find((one) => one.kid === kid);
  if (!key) {
    throw new CliError(`${author.project} has no key ${kid}`, {
      hint: "deferred keys list shows those there are",
    });
  }
  if (key.revoked_at !== null) throw new CliError(`${kid} was revoked at ${key.revoked_at}`);
  tell(
    `Every block of ${author.project} that this key signed stops working, on every page; each has to`,
    "be signed again with another key. A key that is revoked stays so.",
  );
  if (!args.flag("yes")) await confirm(`Revoke ${kid}?`);
  const url = author.serverUrl + paths.key(author.project, kid);
  await call(url, v.unknown(), { method: "DELETE", token: await readOwnerToken(author) });
  await rm(join(author.folder.keys(author.project), `${kid}.json`), { force: true });
  if (args.flag("json")) printJson({ revoked: [kid] });
  else print(`revoked ${kid}`);
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
