import { Option, type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { rm } from "node:fs/promises";
import * as v from "valibot";
import { newKeyPair } from "../../blocks/keys.ts";
import { paths } from "../../protocol/paths.ts";
import { KeyViewSchema, type KeyView } from "../../protocol/requests.ts";
import { connect, type Client } from "../api/client.ts";
import { CliError } from "../errors/cli-error.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, PROJECT, YES } from "../command/options.ts";
import { confirm } from "../terminal/confirm.ts";
import { note, print, printFacts, printJson, tell } from "../terminal/print.ts";
import { readInputText } from "../terminal/read-text.ts";
import { findKeyFiles, storeKey } from "./key-files.ts";
import { parsePublicKey } from "./public-key.ts";

export function keys(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Private keys stay on this machine, in ~/.config/deferred/keys, readable by you alone; where DEFERRED_DATA names the " +
        "data folder of a server, in its keys. The server is told the public part. It has to run.",
    )
    .addCommand(newKey())
    .addCommand(addKey())
    .addCommand(list())
    .addCommand(revoke())
    .addHelpText("after", examples("deferred keys list", "deferred keys new --label laptop"));
}

function newKey(): CommandUnknownOpts {
  return createCommand("new", "Make a key that signs from now on")
    .option(...PROJECT)
    .option("--label <TEXT>", "What the key is for")
    .addOption(
      new Option("--alg <ALG>", "Signature algorithm")
        .choices(["EdDSA", "ES256"] as const)
        .default("EdDSA" as const),
    )
    .option("--ci", "Print the private key, once, for the secrets of a CI service; keep no copy")
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred keys new --label laptop",
        "deferred keys new --ci --project ada/blog | gh secret set DEFERRED_SIGNING_KEY",
      ),
    )
    .action(async ({ project, label, alg, ci, json }) => {
      const client = await connect({ project });
      const { kid, privateJwk, publicJwk } = await newKeyPair(alg);
      if (ci) return newCiKey(client, { kid, privateJwk, publicJwk, label: label ?? "CI" });
      const file = await storeKey(client, privateJwk);
      const body = { jwk: publicJwk, label };
      const made = await client
        .call(paths.keys(client.project), KeyViewSchema, { method: "POST", body })
        .catch(async (error: unknown) => {
          // A key that the server does not know would sign blocks that are refused.
          await rm(file);
          throw error;
        });
      if (json) printJson(made);
      else print(kid);
      note(`${file} signs for ${client.project} from now on`);
    });
}

function addKey(): CommandUnknownOpts {
  return createCommand("add", "Let a key that was made elsewhere sign for a project")
    .description(
      "FILE holds a public JWK, Ed25519 or P-256; - is standard input. A private key is refused, and not sent.",
    )
    .argument("<FILE>")
    .option(...PROJECT)
    .option("--label <TEXT>", "What the key is for")
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred keys add laptop.jwk --project ada/blog --label laptop",
        "jq 'del(.d)' key.json | deferred keys add - --project ada/blog",
      ),
    )
    .action(async (file, { project, label, json }) => {
      const name = file === "-" ? "standard input" : file;
      const { jwk, notes } = await parsePublicKey(await readInputText(file), name);
      const client = await connect({ project });
      const body = { jwk, label };
      const path = paths.keys(client.project);
      const added = await client.call(path, KeyViewSchema, { method: "POST", body });
      if (json) printJson(added);
      else print(added.kid);
      for (const text of notes) note(text);
      note(`it signs for ${client.project} from now on`);
    });
}

/** The server is told the public key first: a key that it does not know would sign blocks that it refuses. */
async function newCiKey(
  client: Client,
  { kid, privateJwk, publicJwk, label }: Awaited<ReturnType<typeof newKeyPair>> & { label: string },
): Promise<void> {
  const body = { jwk: publicJwk, label };
  await client.call(paths.keys(client.project), KeyViewSchema, { method: "POST", body });
  print(JSON.stringify(privateJwk));
  tell(
    `This line is the private key ${kid} of ${client.project}. It is shown once and kept nowhere.`,
    "Store it as the secret DEFERRED_SIGNING_KEY of your CI service:",
    "  GitHub     Settings, Secrets and variables, Actions, New repository secret; or: … | gh secret set DEFERRED_SIGNING_KEY",
    "  GitLab     Settings, CI/CD, Variables: masked and protected",
    "  elsewhere  an environment variable of the step that runs deferred sign site",
    `If it leaks: deferred keys revoke ${kid} --project ${client.project}, then deferred sign site --renew`,
  );
}

function list(): CommandUnknownOpts {
  return createCommand("list", "List a project's keys, and whether their private parts are here")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred keys list"))
    .action(async ({ project, json = false }) => {
      const client = await connect({ project });
      const files = findKeyFiles(client);
      const found = await fetchKeys(client);
      const rows = found.map((key) => [
        key.kid,
        key.algorithm,
        key.created_at.slice(0, 10),
        key.revoked_at === null ? "valid" : `revoked ${key.revoked_at.slice(0, 10)}`,
        files.some(({ kid }) => kid === key.kid) ? "private key here" : "",
        key.label ?? "",
      ]);
      const header = ["KEY", "ALG", "CREATED", "STATE", "", "LABEL"];
      const here = files.map(({ kid, path }) => ({ kid, file: path }));
      printFacts(
        json,
        { keys: found, private_keys: here },
        rows.length === 0 ? [] : [header, ...rows],
      );
      for (const { kid, path } of files) {
        if (found.some((key) => key.kid === kid)) continue;
        note(`${path} is a private key that ${client.serverUrl} does not know`);
      }
      if (rows.length > 0) return;
      note(`${client.project} has no key: deferred keys new --project ${client.project} makes one`);
    });
}

function revoke(): CommandUnknownOpts {
  return createCommand("revoke", "Revoke a key: every block that it signed stops working")
    .argument("<KID>", "The key's id, as keys list shows it")
    .option(...PROJECT)
    .option(...YES)
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples("deferred keys revoke NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
    )
    .action(async (kid, { project, yes, json }) => {
      const client = await connect({ project });
      const key = (await fetchKeys(client)).find((one) => one.kid === kid);
      if (!key) {
        throw new CliError(`${client.project} has no key ${kid}`, {
          hint: "deferred keys list shows its keys",
        });
      }
      if (key.revoked_at !== null) throw new CliError(`${kid} was revoked at ${key.revoked_at}`);
      tell(
        `Every block of ${client.project} that this key signed stops working, on every page; each has to`,
        "be signed again with another key. This can't be undone.",
      );
      if (!yes) await confirm(`Revoke ${kid}?`);
      await client.call(paths.key(client.project, kid), v.unknown(), { method: "DELETE" });
      for (const file of findKeyFiles(client)) if (file.kid === kid) await rm(file.path);
      if (json) printJson({ revoked: [kid] });
      else print(`revoked ${kid}`);
    });
}

async function fetchKeys(client: Client): Promise<KeyView[]> {
  const schema = v.object({ keys: v.array(KeyViewSchema) });
  return (await client.call(paths.keys(client.project), schema)).keys;
}
