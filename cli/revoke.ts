import { paths } from "../protocol/paths.ts";
import { RevokedBlockSchema } from "../protocol/requests.ts";
import { inspectBlock } from "../blocks/inspect.ts";
import { call } from "./api.ts";
import { readAuthor, readOwnerToken } from "./author.ts";
import { CliError } from "./cli-error.ts";
import type { Command } from "./command.ts";
import { confirm } from "./confirm.ts";
import { blocksOf, readSource } from "./source.ts";
import { print, printJson, tell } from "./print.ts";

export const revoke: Command = {
  name: "revoke",
  usage: "FILE | URL | - [options]",
  summary: "Take a signed block back, so that nobody can run it any more.",
  details: [
    "Takes a page, a token, or what deferred sign printed. Only these very tokens stop working: the same code\n" +
      "can be signed again. The server has to run.",
  ],
  options: {
    project: { type: "string", value: "OWNER/NAME", help: "Whose blocks (default: local/demo)" },
    yes: { type: "boolean", help: "Do not ask" },
    json: { type: "boolean", help: "As JSON" },
  },
  examples: ["deferred revoke hello.html", "deferred revoke https://blog.example/post --yes"],
  async run(args) {
    const source = await readSource(args.only("a file, an address or -"));
    const author = await readAuthor({ project: args.text("project") });
    const claims = blocksOf(source).map(({ block }) => inspectBlock(block).claims);
    const own = claims.filter(({ iss }) => iss === author.project);
    if (own.length === 0) {
      throw new CliError(`this holds no block of ${author.project}`, {
        hint: "deferred verify tells whose it is",
      });
    }
    const which = own.length === 1 ? "This block" : `These ${own.length} blocks`;
    tell(`${which} will be refused for good, on every page.`);
    if (!args.flag("yes")) await confirm("Revoke?");
    const token = await readOwnerToken(author);
    for (const { jti } of own) {
      const url = author.serverUrl + paths.revokedBlocks(author.project);
      await call(url, RevokedBlockSchema, { method: "POST", body: { jti }, token });
      if (!args.flag("json")) print(`revoked ${jti}`);
    }
    if (args.flag("json")) printJson({ revoked: own.map(({ jti }) => jti) });
  },
};
