import type * as v from "valibot";
import { call, request, type CallOptions } from "./call.ts";
import { readAuthor, readOwnerToken, type Author } from "./author.ts";

type Schema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

/** The server, called with an API token. */
export interface Client extends Author {
  token: string;
  call<S extends Schema>(
    path: string,
    schema: S,
    options?: Pick<CallOptions, "method" | "body">,
  ): Promise<v.InferOutput<S>>;
  /** Fetches an address that the server gave. Only the server's own get the token. */
  open(url: string): Promise<Response>;
}

interface ConnectOptions {
  project?: string | undefined;
  signal?: AbortSignal;
}

/** Finds server and token; nothing is called yet. Throws `CliError`. */
export async function connect({ project, signal }: ConnectOptions = {}): Promise<Client> {
  const author = await readAuthor(project);
  const token = await readOwnerToken(author);
  const { origin } = new URL(author.serverUrl);
  return {
    ...author,
    token,
    call: (path, schema, options) =>
      call(author.serverUrl + path, schema, { ...options, token, signal }),
    open: (url) => request(url, new URL(url).origin === origin ? { token, signal } : { signal }),
  };
}

/** Fetches an address that the server gave, as bytes. */
export async function fetchBytes(client: Client, url: string): Promise<Buffer> {
  return Buffer.from(await (await client.open(url)).arrayBuffer());
}
