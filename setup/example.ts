// npm run example -- blog: a server, an example's pages built for it, and the address to open.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, globSync, mkdirSync, rmSync } from "node:fs";
import { dirname, relative } from "node:path";
import { parseArgs, promisify } from "node:util";
import { execFile } from "node:child_process";
import { pathToFileURL } from "node:url";
import { serve as listen } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { inRoot, ROOT, say, SetupError } from "./root.mjs";

/** What `examples/NAME/build.mjs` gets. It answers the address to open, unless that is of its own pages. */
export interface ExampleBuild {
  /** The server's URL. */
  server: string;
  /** A copy of the example's folder, which the build may change. */
  folder: string;
  /** The folder that is served afterwards. */
  out: string;
  /** Runs a program in `folder`; `deferred` is the command line of this clone. Resolves with its output. */
  run: (command: string, ...args: string[]) => Promise<string>;
}

type Build = (about: ExampleBuild) => Promise<string | undefined>;

/** Where pages stand that are not the server's own. */
const PAGES_PORT = 8081;

async function startExample(name: string, port: number): Promise<void> {
  const { url, child } = await useServer();
  process.once("exit", () => child?.kill());
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit());
  const folder = copyOf(name);
  const out = `${folder}/_site`;
  const { default: build } = (await import(
    pathToFileURL(inRoot("examples", name, "build.mjs")).href
  )) as { default: Build };
  const own = await build({ server: url, folder, out, run: runner(folder, url) });
  const address = own ?? (await servePages(out, port));
  process.stdout.write(`Example ${name} is at ${address}\nStop it with Ctrl+C.\n`);
  child?.once("exit", () => process.exit());
}

/** The server at `DEFERRED_URL` or the usual port if one answers there, else a new one. */
async function useServer(): Promise<{ url: string; child?: ChildProcess }> {
  const port = process.env["PORT"] ?? "8080";
  const there = process.env["DEFERRED_URL"] ?? `http://127.0.0.1:${port}`;
  const answer = await fetch(`${there}/healthz`).catch(() => undefined);
  if (answer?.ok) {
    say(`example: the server at ${there} is used`);
    return { url: there };
  }
  const child = spawn(process.execPath, [inRoot("cli/main.ts"), "serve"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new SetupError("error: the server did not start.")));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      const found = /Deferred Runner is at (\S+)/.exec(printed)?.[1];
      if (found) resolve(found);
    });
  });
  return { url, child };
}

/** Building writes into the folder; the one in the repository stays as it is. */
function copyOf(name: string): string {
  const folder = inRoot("dist/examples", name);
  // An earlier copy has tokens of an earlier server.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(inRoot("examples", name), folder, { recursive: true });
  return folder;
}

function runner(cwd: string, server: string): ExampleBuild["run"] {
  const hook = pathToFileURL(inRoot("setup/from-source.mjs")).href;
  const data = process.env["DEFERRED_DATA"] ?? inRoot("data");
  const env = {
    ...process.env,
    DEFERRED_URL: server,
    DEFERRED_DATA: data,
    NODE_OPTIONS: `--import=${hook}`,
    PATH: `${inRoot("node_modules/.bin")}:${process.env["PATH"]}`,
  };
  const stop = new AbortController();
  // A build that outlives this process would go on without anybody to read what it prints.
  process.once("exit", () => stop.abort());
  return async (command, ...args) => {
    const [program, given] =
      command === "deferred"
        ? [process.execPath, [inRoot("cli/main.ts"), ...args]]
        : [command, args];
    say(`example: ${[command, ...args].join(" ")}`);
    try {
      return (await promisify(execFile)(program, given, { cwd, env, signal: stop.signal })).stdout;
    } catch (cause) {
      const { stderr, stdout } = cause as { stderr?: string; stdout?: string };
      throw new SetupError(`error: ${command} failed.\n${stderr || stdout}`, { cause });
    }
  };
}

async function servePages(out: string, port: number): Promise<string> {
  const app = new Hono();
  app.use("/*", serveStatic({ root: relative(process.cwd(), out) }));
  const server = listen({ fetch: app.fetch, port, hostname: "127.0.0.1" });
  await once(server, "listening").catch((cause: unknown) => {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code !== "EADDRINUSE") throw cause;
    throw new SetupError(`error: port ${port} is in use.\nhint: --port 0 takes a free one`);
  });
  const address = server.address();
  const used = typeof address === "object" && address ? address.port : port;
  return `http://127.0.0.1:${used}/`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: "string", default: String(PAGES_PORT) } },
});
const names = globSync("examples/*/build.mjs", { cwd: ROOT }).map((file) =>
  relative("examples", dirname(file)),
);
const [name = ""] = positionals;
if (!names.includes(name) || !existsSync(inRoot("examples", name))) {
  say(`usage: npm run example -- ${names.toSorted().join(" | ")}`);
  process.exitCode = 2;
} else {
  await startExample(name, Number(values.port)).catch((error: unknown) => {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(1);
  });
}
