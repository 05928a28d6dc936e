import {
  InvalidArgumentError,
  Option,
  type Command,
  type CommandUnknownOpts,
} from "@commander-js/extra-typings";
import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import {
  DEFAULT_TOKEN_S,
  MadeTokenSchema,
  MAX_TOKEN_S,
  MIN_TOKEN_S,
  TOKEN_SCOPES,
  TokenListSchema,
  type TokenView,
} from "../../protocol/tokens.ts";
import { duration } from "../../protocol/words.ts";
import { connect, type Client } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, PROJECT, seconds, YES } from "../command/options.ts";
import { CliError } from "../errors/cli-error.ts";
import { formatAge } from "../terminal/age.ts";
import { confirm } from "../terminal/confirm.ts";
import { note, print, printFacts, printJson, tell } from "../terminal/print.ts";

export function tokens(command: Command): CommandUnknownOpts {
  return command
    .description(
      "A token acts for one project until it expires: read reads it; run also starts and cancels runs, replays " +
        "deliveries and wakes machines; admin also changes the project, its keys and secrets. The owner's token, in the " +
        "server's data folder, and the owners of a project make tokens.",
    )
    .addCommand(newToken())
    .addCommand(list())
    .addCommand(revoke())
    .addHelpText(
      "after",
      examples(
        "deferred tokens new --project ada/blog --scope run --name 'CI of the blog'",
        "deferred tokens list --project ada/blog",
      ),
    );
}

function newToken(): CommandUnknownOpts {
  return createCommand("new", "Make a token of a project and print it, once")
    .option(...PROJECT)
    .addOption(
      new Option("--scope <SCOPE>", "What it may do").choices(TOKEN_SCOPES).makeOptionMandatory(),
    )
    .addOption(
      new Option("--expires <TIME>", "From 1m to 366d")
        .argParser(lifetime)
        .default(DEFAULT_TOKEN_S, "90d"),
    )
    .option("--name <TEXT>", "What it is for, as lists show it")
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred tokens new --project ada/blog --scope read --expires 7d",
        "deferred tokens new --project ada/blog --scope run --name CI | gh secret set DEFERRED_TOKEN",
      ),
    )
    .action(async ({ project, scope, expires, name, json }) => {
      const client = await connect({ project });
      const body = { project: client.project, scope, name, expires_s: expires };
      const made = await client.call(paths.tokens, MadeTokenSchema, { method: "POST", body });
      if (json) return printJson(made);
      print(made.token);
      tell(
        `This token of the scope ${scope} acts for ${made.project} until ${made.expires_at}. It is shown once.`,
        `Commands take it from DEFERRED_TOKEN. If it leaks: deferred tokens revoke ${made.id}`,
      );
    });
}

function lifetime(value: string): number {
  if (/^\s*[\d.]+\s*$/.test(value)) {
    throw new InvalidArgumentError("It needs a unit, such as 12h or 90d");
  }
  const given = Math.round(seconds(value));
  if (given >= MIN_TOKEN_S && given <= MAX_TOKEN_S) return given;
  throw new InvalidArgumentError("A token lives from a minute to 366 days, such as 12h or 90d");
}

function list(): CommandUnknownOpts {
  return createCommand("list", "List tokens: what each may do, until when, and its last use")
    .option("--project <OWNER/NAME>", "Only those of this project")
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples("deferred tokens list", "deferred tokens list --project ada/blog"),
    )
    .action(async ({ project, json = false }) => {
      const found = await listTokens(await connect({ project }), project);
      const now = Date.now();
      const rows = found.map((token) => [
        token.id,
        token.project,
        token.scope,
        token.created_at.slice(0, 10),
        describeExpiry(token.expires_at, now),
        token.last_used_at === null ? "never" : formatAge(token.last_used_at, now),
        token.name,
      ]);
      const header = ["ID", "PROJECT", "SCOPE", "CREATED", "EXPIRES", "LAST USED", "NAME"];
      printFacts(json, { tokens: found }, rows.length === 0 ? [] : [header, ...rows]);
      if (rows.length === 0) note("there are no tokens: deferred tokens new makes one");
    });
}

function revoke(): CommandUnknownOpts {
  return createCommand("revoke", "Revoke a token: it is refused from then on")
    .argument("<ID>", "The token's id, as tokens list shows it")
    .option(...YES)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred tokens revoke 3h3pz6k2m9t0q4w8x1r5v7y2ab"))
    .action(async (id, { yes, json }) => {
      const client = await connect();
      const token = (await listTokens(client)).find((one) => one.id === id);
      if (!token) {
        throw new CliError(`there is no token ${id}`, { hint: "deferred tokens list shows them" });
      }
      const named = token.name === "" ? "" : `, "${token.name}"`;
      tell(`What uses this token of ${token.project}${named} stops working. This can't be undone.`);
      if (!yes) await confirm(`Revoke ${id}?`);
      await client.call(`${paths.token(id)}?project=${token.project}`, v.unknown(), {
        method: "DELETE",
      });
      if (json) printJson({ revoked: [id] });
      else print(`revoked ${id}`);
    });
}

/** The day, or the time left if that is short. */
function describeExpiry(expiresAt: string, now: number): string {
  const leftS = (Date.parse(expiresAt) - now) / 1000;
  if (leftS <= 0) return "expired";
  return leftS < 2 * 86_400 ? `in ${duration(leftS)}` : expiresAt.slice(0, 10);
}

async function listTokens(client: Client, project?: string): Promise<TokenView[]> {
  const query = project === undefined ? "" : `?${new URLSearchParams({ project })}`;
  return (await client.call(paths.tokens + query, TokenListSchema)).tokens;
}
