import type * as v from "valibot";
import { call, request } from "./api.ts";
import { readAuthor, readOwnerToken } from "./author.ts";
import type { Arguments, Option } from "./command.ts";

/** The server, as somebody with a token may call it. */
export interface Client {
  /** The server's URL, without a slash at its end. */
  url: string;
  /** Whose: the one asked for, or the usual one. */
  project: string;
  token: string;
  call<S extends v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>>(
    path: string,
    schema: S,
    options?: { method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"; body?: unknown },
  ): Promise<v.InferOutput<S>>;
  /** Reads an address that the server gave. */
  open(url: string): Promise<Response>;
  /** The same as bytes. */
  read(url: string): Promise<Buffer>;
}

export const PROJECT_OPTION: Option = {
  type: "string",
  value: "OWNER/NAME",
  help: "Which project (default: $DEFERRED_PROJECT, else local/demo)",
};

/** Finds server and token; no call is made yet. Throws `CliError`. */
export async function connect(args: Arguments, project = args.text("project")): Promise<Client> {
  const author = await readAuthor({ project });
  const token = await readOwnerToken(author);
  const open = (url: string) => {
    const own = new URL(url).origin === new URL(author.serverUrl).origin;
    return request(url, own ? { token } : {});
  };
  return {
    url: author.serverUrl,
    project: author.project,
    token,
    call: (path, schema, options) => call(author.serverUrl + path, schema, { ...options, token }),
    open,
    read: async (url) => Buffer.from(await (await open(url)).arrayBuffer()),
  };
}
