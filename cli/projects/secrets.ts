import * as v from "valibot";
import { SecretNameSchema } from "../../protocol/command.ts";
import { paths } from "../../protocol/paths.ts";
import { SecretListSchema } from "../../protocol/projects.ts";
import { connect, PROJECT_OPTION } from "../client.ts";
import type { Arguments, Command } from "../command.ts";
import { askHidden } from "../hidden-prompt.ts";
import type { Group } from "../tree.ts";
import { readWhole } from "./settings.ts";
import { print, printFacts } from "../print.ts";

const set: Command = {
  name: "projects secrets set",
  usage: "NAME [options]",
  summary: "Set a secret. Its value is read, never written on the command line.",
  details: [
    "The value comes from --file, from standard input, or is asked for where a person sits there. A single line loses\n" +
      "its line end; more lines stay as they are. Commands get it where their .deferred-server file names it, from the\n" +
      "next run on. Nobody can read it back.",
  ],
  options: {
    project: PROJECT_OPTION,
    file: { type: "string", value: "FILE", help: "Read the value from here" },
  },
  examples: [
    "deferred projects secrets set DEPLOY_TOKEN",
    "deferred projects secrets set SIGNING_KEY --file key.pem",
    "pass show site/token | deferred projects secrets set DEPLOY_TOKEN",
  ],
  async run(args) {
    const name = nameOf(args);
    const client = await connect(args);
    const value = await readValue(args, name);
    if (value === "") throw args.wrong("the value is empty; projects secrets remove removes one");
    await client.call(paths.secret(client.project, name), v.unknown(), {
      method: "PUT",
      body: { value },
    });
    print(`set ${name} of ${client.project}`);
  },
};

const list: Command = {
  name: "projects secrets list",
  usage: "[options]",
  summary: "List the names of a project's secrets.",
  options: { project: PROJECT_OPTION, json: { type: "boolean", help: "As JSON" } },
  examples: ["deferred projects secrets list --project acme/site"],
  async run(args) {
    args.none();
    const client = await connect(args);
    const { secrets } = await client.call(paths.secrets(client.project), SecretListSchema);
    const rows = secrets.map(({ name, set_at }) => [name, set_at.slice(0, 10)]);
    printFacts(args.flag("json"), { secrets }, [["NAME", "SET"], ...rows]);
  },
};

const remove: Command = {
  name: "projects secrets remove",
  usage: "NAME [options]",
  summary: "Remove a secret. Files that name it fail from then on.",
  options: { project: PROJECT_OPTION },
  examples: ["deferred projects secrets remove DEPLOY_TOKEN"],
  async run(args) {
    const name = nameOf(args);
    const client = await connect(args);
    await client.call(paths.secret(client.project, name), v.unknown(), { method: "DELETE" });
    print(`removed ${name} of ${client.project}`);
  },
};

export const secrets: Group = {
  name: "projects secrets",
  summary: "Set, list and remove what a project's commands may know and nobody else.",
  commands: [
    { name: "set", summary: "Set a secret from a file or standard input", load: async () => set },
    { name: "list", summary: "List the names of secrets", load: async () => list },
    { name: "remove", summary: "Remove a secret", load: async () => remove },
  ],
  usual: "list",
  examples: ["deferred projects secrets set DEPLOY_TOKEN < token.txt"],
};

function nameOf(args: Arguments): string {
  const [name, value] = args.positionals;
  if (value !== undefined) {
    throw args.wrong(
      "a secret's value is not written on the command line, where others can read it",
    );
  }
  if (v.safeParse(SecretNameSchema, name).success) return name!;
  if (name === undefined) throw args.wrong(`${args.command} needs the secret's name`);
  throw args.wrong(
    `"${name}" is no name of a secret: capital letters, digits and _, such as API_TOKEN`,
  );
}

async function readValue(args: Arguments, name: string): Promise<string> {
  const file = args.text("file");
  const value =
    file === undefined && process.stdin.isTTY
      ? await askHidden(`Value of ${name}:`)
      : await readWhole(file ?? "-");
  return value.trimEnd().includes("\n") ? value : value.replace(/\r?\n$/, "");
}
