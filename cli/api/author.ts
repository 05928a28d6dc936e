import { readFileSync } from "node:fs";
import * as v from "valibot";
import { SlugSchema } from "../../protocol/claims.ts";
import { dataFolder, FIRST_PROJECT, type DataFolder } from "../../server/settings/data-folder.ts";
import { readSettings, SettingsError, type Settings } from "../../server/settings/settings.ts";
import { readLogins } from "../login/saved-logins.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { parseJson } from "./call.ts";

/** Who signs and whom to ask. On the server's own machine this takes no login and no running server. */
export interface Author {
  folder: DataFolder;
  project: string;
  /** The server's URL, without a slash at its end. */
  serverUrl: string;
}

/** Throws `CliError`. */
export async function readAuthor(named?: string): Promise<Author> {
  return readAuthorSync(named);
}

/** The same for the synchronous compilers of site generators. */
export function readAuthorSync(named?: string): Author {
  const settings = explainSettings(() => readSettings(process.env));
  const folder = dataFolder(settings.data);
  const project = named ?? (process.env["DEFERRED_PROJECT"] || FIRST_PROJECT);
  if (!v.safeParse(SlugSchema, project).success) {
    const form = "owner/name, with no capital letters in owner";
    throw new CliError(`"${project}" is no project's name: write ${form}`, {
      hint: "deferred projects list shows those there are",
      exitCode: EXIT.usage,
    });
  }
  return { folder, project, serverUrl: findServer(settings, folder) };
}

/** Reads settings. All mistakes in them become one `CliError`. */
export function explainSettings<Read>(read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new CliError(`the settings have mistakes:\n  ${error.mistakes.join("\n  ")}`, {
      hint: "correct these environment variables, then try again",
    });
  }
}

function findServer(settings: Settings, folder: DataFolder): string {
  if (settings.url !== undefined) return settings.url;
  const noted = readIfThere(folder.serverFile);
  if (noted !== undefined) {
    const known = v.safeParse(v.object({ url: v.pipe(v.string(), v.url()) }), parseJson(noted));
    if (known.success) return known.output.url.replace(/\/+$/, "");
    throw new CliError(`${folder.serverFile} does not say where the server is`, {
      hint: "start the server again, or set DEFERRED_URL",
    });
  }
  const { current } = readLogins();
  if (current !== undefined && readIfThere(folder.ownerToken) === undefined) return current;
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  return `http://${host}:${settings.port}`;
}

/** `DEFERRED_TOKEN`, or the owner's token of this machine's server. Throws `CliError` if there is neither. */
export async function readOwnerToken(author: Author): Promise<string> {
  const given = process.env["DEFERRED_TOKEN"]?.trim();
  if (given && !/^[\x21-\x7e]+$/.test(given)) {
    throw new CliError("DEFERRED_TOKEN holds blanks or characters that no API token has");
  }
  if (given) return given;
  const token = readIfThere(author.folder.ownerToken);
  if (token !== undefined) return token.trim();
  const login = readLogins().servers[author.serverUrl];
  if (login) return login.token;
  throw new CliError(`${author.folder.root} holds no owner's token`, {
    hint:
      "log in (deferred login), start the server once (deferred serve), set DEFERRED_DATA to its data folder, or " +
      "DEFERRED_TOKEN to an API token",
  });
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CliError(`${file} can't be read (${String(code)})`, { cause });
  }
}
