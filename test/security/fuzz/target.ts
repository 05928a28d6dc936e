import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { canonicalCode } from "../../../protocol/canonical-code.ts";
import type { BlockClaims } from "../../../protocol/claims.ts";
import { paths } from "../../../protocol/paths.ts";
import type { ProjectView } from "../../../protocol/projects.ts";
import type { LaunchFile } from "../../../protocol/registration.ts";
import type { RunCreated } from "../../../protocol/run.ts";
import { codeDigest } from "../../../blocks/digest.ts";
import { signBlock } from "../../../blocks/sign.ts";
import { dataFolder, FIRST_PROJECT } from "../../../server/settings/data-folder.ts";
import { COMPILED } from "../../compiled.ts";
import { eventually } from "../../eventually.ts";
import { readFirstKey } from "../../systems/client.ts";
import { registration } from "../../server/played-machine.ts";
import type { Memory } from "./server.ts";

const CODE = "print(6 * 7)\n";
export const SLUG = "ada/app";

export type Target = Awaited<ReturnType<typeof startTarget>>;

/** A server with something of everything: blocks, runs, a machine, a project with hooks and secrets. */
export async function startTarget(env: Record<string, string> = {}) {
  const root = await mkdtemp(join(tmpdir(), "deferred-fuzz-"));
  const child = fork(join(import.meta.dirname, "server.ts"), {
    execArgv: ["--expose-gc", "--trace-warnings"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      PATH: process.env["PATH"],
      ...COMPILED,
      PORT: "0",
      DEFERRED_DATA: root,
      DEFERRED_LOG: "error",
      DEFERRED_ALLOW_PRIVATE: "1",
      ...env,
    },
  });
  const logged = text(child.stderr!);
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    }
    await rm(root, { recursive: true, force: true });
    return logged;
  };
  const [line] = (await Promise.race([
    once(child.stdout!.setEncoding("utf8"), "data"),
    once(child, "exit").then(async () => Promise.reject(new Error(await logged))),
  ])) as [string];
  const url = line.trim();
  const folder = dataFolder(root);
  const ownerToken = (await readFile(folder.ownerToken, "utf8")).trim();
  const call = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${ownerToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return (await response.json()) as Answer;
  };

  const key = await readFirstKey(root);
  const claims: BlockClaims = {
    iss: FIRST_PROJECT,
    aud: url,
    iat: Math.floor(Date.now() / 1000),
    jti: "fuzz",
    code: codeDigest(canonicalCode(CODE)),
    runtime: "python",
    cache_s: 60,
    inputs: { count: { type: "integer", min: 0, max: 9, default: 1 } },
  };
  const sign = (changes: object = {}) => signBlock({ ...claims, ...changes }, key);
  const block = await sign();
  const run = await call<RunCreated>("POST", paths.runs, { block, code: CODE });
  // Its machine is there before any other is asked for.
  const launch = await eventually(async () => {
    const [name] = await readdir(folder.machines).catch(() => []);
    if (!name) return undefined;
    const file = join(folder.machines, name, "launch.json");
    const whole = await readFile(file, "utf8").catch(() => "");
    return whole.endsWith("}") ? (JSON.parse(whole) as LaunchFile) : undefined;
  });
  const registered = registration(launch);
  const machine = await call<{ token: string }>("POST", paths.responder.register, registered);

  const project = await call<ProjectView>("POST", paths.projects, {
    slug: SLUG,
    repository: "http://127.0.0.1:9/app.git",
    settings: { pull_requests: true },
  });
  await call("POST", paths.outgoingHooks(SLUG), { url: "http://127.0.0.1:9/" });
  const command = await call<RunCreated>("POST", paths.projectRuns(SLUG), {
    task: { do: "exec", command: "true" },
  });
  const { url: signIn } = await call<{ url: string }>("POST", paths.signInLinks);
  const signedIn = await fetch(signIn, { redirect: "manual" });

  return {
    url,
    folder: root,
    code: CODE,
    ownerToken,
    launch,
    machineToken: machine.token,
    cookie: signedIn.headers.get("set-cookie")!.split(";")[0]!,
    block,
    sign,
    claims,
    project,
    registered,
    /** Ids of its newest runs. */
    runs: [run.id, command.id],
    kid: key.kid,
    async memory(): Promise<Memory> {
      await wait(200);
      child.send("memory");
      const [answer] = (await once(child, "message")) as [Memory];
      return answer;
    },
    pid: child.pid!,
    /** Milliseconds for which its one thread has worked so far. */
    async cpuMs(): Promise<number> {
      child.send("cpu");
      const [ms] = (await once(child, "message")) as [number];
      return ms;
    },
    /** Ends it; resolves with what it logged. */
    close,
  };
}
