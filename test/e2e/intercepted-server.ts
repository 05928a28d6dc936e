import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { FleetPolicy } from "../../server/providers/policy.ts";
import { shareCompiled } from "../compiled.ts";
import { createClient } from "../systems/client.ts";
import { serveComposed, type Intercept } from "../systems/in-process.ts";

const root = join(import.meta.dirname, "../..");

/** A real server with real responders, and a test in between that can let calls fail. */
export async function startIntercepted(
  intercept: Intercept,
  {
    responderArgs = [] as string[],
    responder = ownResponder(responderArgs),
    /** What is not as usual of the fleet. */
    policy = undefined as Partial<FleetPolicy> | undefined,
    /** More settings. */
    env = {},
    /** Of a test that runs beside others: its own. */
    atEnd = onTestFinished,
  } = {},
) {
  const data = await mkdtemp(join(tmpdir(), "deferred-between-"));
  shareCompiled(data);
  const { url, folder, close } = await serveComposed({
    data,
    env,
    intercept,
    responder,
    times: { policy },
  });
  atEnd(async () => {
    await close();
    await rm(data, { recursive: true, force: true });
  });

  return {
    ...(await createClient({ url, data })),
    url,
    data,
    /** The machines' folder: their responders have it in their command lines. */
    machines: folder.machines,

    /** What the only machine's responder has logged so far. */
    async log(): Promise<string> {
      const [machine = ""] = await readdir(folder.machines).catch(() => []);
      return readFile(join(folder.machines, machine, "responder.log"), "utf8").catch(() => "");
    },
  };
}

function ownResponder(args: string[]): { command: string; args: string[] } {
  return { command: process.execPath, args: [join(root, "responder/main.ts"), ...args] };
}

/** What `request` carries, without using it up. */
export async function bodyOf<Body>(request: Request): Promise<Body> {
  return (await request.clone().json()) as Body;
}

/** `response` with some of its JSON changed. */
export async function changed(response: Response, changes: object): Promise<Response> {
  const body = (await response.json()) as object;
  return Response.json({ ...body, ...changes }, { status: response.status });
}
