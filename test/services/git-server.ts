import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface GitServer {
  /** Without a slash at its end; a repository `app.git` below the root is at `url/app.git`. */
  url: string;
  /** Every request so far, as `GET /app.git/info/refs?service=git-upload-pack`. */
  requests: string[];
  /** What of the requests showed who asks. */
  authorizations: string[];
  close(): Promise<void>;
}

/**
 * Serves the bare repositories below `root` by git's own HTTP backend. Fetches a commit by its name, as
 * GitHub does. With `login`, only to who sends it.
 */
export async function startGitServer(
  root: string,
  {
    login,
    before,
    also,
  }: {
    login?: { user: string; token: string } | undefined;
    /** What whoever may have it waits for. */
    before?: () => Promise<unknown>;
    /** Whether it answered what is not git's own. */
    also?: (request: IncomingMessage, response: ServerResponse) => boolean;
  } = {},
): Promise<GitServer> {
  const requests: string[] = [];
  const authorizations: string[] = [];
  const wanted = login && `Basic ${btoa(`${login.user}:${login.token}`)}`;
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const { authorization } = request.headers;
    if (authorization !== undefined) authorizations.push(authorization);
    if (wanted !== undefined && request.headers.authorization !== wanted) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      return;
    }
    if (also?.(request, response)) return;
    const answer = async () => {
      await before?.();
      await serve(root, request, response);
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(root: string, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url!, "http://git.example");
  const { headers } = request;
  const child = spawn(backend(), [], {
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_COUNT: "3",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      GIT_CONFIG_KEY_1: "uploadpack.allowAnySHA1InWant",
      GIT_CONFIG_VALUE_1: "true",
      GIT_CONFIG_KEY_2: "uploadpack.allowFilter",
      GIT_CONFIG_VALUE_2: "true",
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers["content-type"] ?? "",
      ...(headers["content-length"] ? { CONTENT_LENGTH: headers["content-length"] } : {}),
      GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
      HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
    },
  });
  response.once("close", () => child.kill());
  child.stdin.on("error", () => {}); // It does not read what it refuses.
  request.pipe(child.stdin);

  let head = Buffer.alloc(0);
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    if (response.headersSent) {
      if (!response.write(chunk)) await once(response, "drain");
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) continue;
    writeHead(response, head.subarray(0, end).toString());
    response.write(head.subarray(end + 4));
  }
  response.end();
}

let found: string | undefined;
/** The program itself: `git http-backend` is a process more for each request. */
function backend(): string {
  found ??= join(
    execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim(),
    "git-http-backend",
  );
  return found;
}

/** A CGI program names its status in a header of its own; 200 where it does not. */
function writeHead(response: ServerResponse, text: string): void {
  let status = 200;
  for (const line of text.split("\r\n")) {
    const [name, value] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else response.appendHeader(name, value.trim());
  }
  response.writeHead(status);
}
