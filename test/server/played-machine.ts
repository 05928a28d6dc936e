import { generateKeyPairSync, type KeyObject, randomUUID, sign as signBytes } from "node:crypto";
import { paths } from "../../protocol/paths.ts";
import { RESPONDER_PROTOCOL, type Assignment } from "../../protocol/responder.ts";
import type { Outcome } from "../../protocol/outcome.ts";
import { registrationStatement, type LaunchFile } from "../../protocol/registration.ts";

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Response>;

/** A server that leaves a machine's process behind fails its test. */
export interface MachineOptions {
  /** Runs it takes at one time; 4 unless given. */
  slots?: number;
  launch?: LaunchFile;
  runtimes?: { name: string; version: string }[];
  keys?: { publicKey: KeyObject; privateKey: KeyObject };
  /** Which start of its responder it is; another each time unless given. */
  bootId?: string;
  /** Of its responder; absent: it does not say. */
  release?: string;
}

export function registration(launch: LaunchFile, options: MachineOptions = {}) {
  const pair = options.keys ?? generateKeyPairSync("ed25519");
  const facts = {
    server_url: launch.server_url,
    launch_id: launch.launch_id,
    boot_id: options.bootId ?? randomUUID(),
    public_key: pair.publicKey.export({ format: "jwk" }).x!,
  };
  const statement = Buffer.from(registrationStatement(facts));
  return {
    ...facts,
    registration_token: launch.registration_token,
    protocol: RESPONDER_PROTOCOL,
    ...(options.release !== undefined && { release: options.release }),
    proof: signBytes(null, statement, pair.privateKey).toString("base64url"),
    slots: options.slots ?? 4,
    runtimes: options.runtimes ?? [
      { name: "python", version: "3.11.2" },
      { name: "bash", version: "5.2.15" },
    ],
    sandbox: { name: "none", features: [] },
    host: { arch: "x64", os: "linux", cpus: 2, memory_mb: 1024 },
  };
}

/** The end of a run whose result is too large for the database, and so is a file. */
export const LARGE_END = {
  output: { seq: 1, chunks: [{ stream: "stdout", text: "x".repeat(70_000) }] },
};

export type Machine = ReturnType<typeof playMachine>;

/** Registers the responder of a launch; resolves with the machine, for the test to play. */
export async function registerMachine(
  call: Call,
  launch: LaunchFile,
  options: MachineOptions = {},
): Promise<Machine> {
  const response = await call("POST", paths.responder.register, registration(launch, options));
  if (!response.ok) throw new Error(await response.text());
  const { token } = (await response.json()) as { token: string };
  return playMachine(call, launch, token);
}

/** A machine that does just what a test says, by the calls a responder makes. */
export function playMachine(call: Call, launch: LaunchFile, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const post = (path: string, body: unknown = {}) => call("POST", path, body, headers);
  return {
    launch,
    token,
    post,

    async claim(slots = 4, wait_s = 5): Promise<Assignment[]> {
      const response = await post(paths.responder.claim, { slots, wait_s });
      if (!response.ok) throw new Error(await response.text());
      return ((await response.json()) as { runs: Assignment[] }).runs;
    },

    async claimOne(): Promise<Assignment> {
      const [assignment] = await this.claim(1);
      if (!assignment) throw new Error("nothing was claimed");
      return assignment;
    },

    started: ({ run, attempt }: Assignment) => post(paths.responder.started(run), { attempt }),

    output: (
      { run, attempt }: Assignment,
      seq: number,
      ...chunks: { stream: "stdout" | "stderr"; text: string; cut?: number }[]
    ) => post(paths.responder.output(run), { attempt, seq, chunks }),

    finish: ({ run, attempt }: Assignment, outcome: Partial<Outcome> = {}, more: object = {}) =>
      post(paths.responder.finish(run), {
        attempt,
        outcome: {
          cause: "exited",
          exit_code: 0,
          signal: null,
          ran_s: 0.01,
          truncated: { stdout: 0, stderr: 0, artifacts: 0 },
          ...outcome,
        },
        artifacts: [],
        ...more,
      }),
  };
}
