import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import type { BlockClaims } from "../../protocol/claims.ts";
import type { Result, RunCreated } from "../../protocol/run.ts";
import { codeDigest } from "../../blocks/digest.ts";
import type { PrivateJwk } from "../../blocks/keys.ts";
import { signBlock } from "../../blocks/sign.ts";
import { compose } from "../../server/compose.ts";
import { dataFolder, FIRST_PROJECT } from "../../server/settings/data-folder.ts";
import { prepareFolder } from "../../server/projects/first-start.ts";
import type { FleetPolicy } from "../../server/providers/policy.ts";
import { listen } from "../../server/http/listen.ts";
import { readServerSettings } from "../../server/main.ts";
import { shareCompiled } from "../compiled.ts";
import { eventually } from "../eventually.ts";

const root = join(import.meta.dirname, "../..");

/** Answers a request in the server's place, or passes it on and may change what comes back. */
export type Intercept = (
  request: Request,
  passOn: (request: Request) => Promise<Response>,
) => Promise<Response>;

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
  const folder = dataFolder(data);
  const secrets = await prepareFolder(folder);
  let app: Awaited<ReturnType<typeof compose>>["app"] | undefined;
  const passOn = async (request: Request) => app!.fetch(request);
  const listener = await listen("127.0.0.1", 0, (request) => intercept(request, passOn));
  const url = `http://127.0.0.1:${listener.port}`;
  const system = await compose({
    settings: readServerSettings({ ...env, DEFERRED_DATA: data }),
    folder,
    secrets,
    url,
    responderUrl: url,
    log: pino({ level: "silent" }),
    responder,
    times: { policy },
    assets: {
      widget: join(root, "test/fixtures/widget.js"),
      examples: join(root, "examples"),
      version: "0.0.0",
    },
  });
  app = system.app;
  atEnd(async () => {
    await system.stopMachines();
    await listener.close();
    await system.close();
    await rm(data, { recursive: true, force: true });
  });
  const [keyFile] = await readdir(folder.keys(FIRST_PROJECT));
  const keyText = await readFile(join(folder.keys(FIRST_PROJECT), keyFile!), "utf8");
  const key = JSON.parse(keyText) as PrivateJwk;

  return {
    url,
    data,
    /** The machines' folder: their responders have it in their command lines. */
    machines: folder.machines,

    /** Asks for a run of a bash script. */
    async run(code: string, claims: Partial<BlockClaims> = {}): Promise<RunCreated> {
      const block = await signBlock(
        {
          iss: FIRST_PROJECT,
          aud: url,
          iat: Math.floor(Date.now() / 1000),
          jti: randomUUID(),
          code: codeDigest(canonicalCode(code)),
          runtime: "bash",
          ...claims,
        },
        key,
      );
      const response = await fetch(`${url}/v1/runs`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ block, code }),
      });
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as RunCreated;
    },

    async cancel({ id, cancel_token }: RunCreated): Promise<void> {
      const headers = { authorization: `Bearer ${cancel_token}` };
      await fetch(`${url}/v1/runs/${id}`, { method: "DELETE", headers });
    },

    result: ({ result_url }: RunCreated): Promise<Result> =>
      eventually(async () => {
        const response = await fetch(result_url);
        return response.ok ? ((await response.json()) as Result) : undefined;
      }),

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
