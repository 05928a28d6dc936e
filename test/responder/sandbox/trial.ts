import { mkdtempSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_LIMITS, type EffectiveLimits } from "../../../protocol/limits.ts";
import type { Inputs } from "../../../protocol/claims.ts";
import type { BlockWork } from "../../../protocol/responder.ts";
import type { RuntimeName } from "../../../protocol/runtimes.ts";
import { collectArtifacts, type Collected } from "../../../responder/artifacts/collect.ts";
import { readValue, type ValueFile } from "../../../responder/artifacts/value.ts";
import { isWithoutResults } from "../../../responder/artifacts/without-results.ts";
import type { DestinationRules } from "../../../responder/network/destination.ts";
import { findRuntimes } from "../../../responder/runtimes/find.ts";
import type { SandboxResult } from "../../../responder/sandbox/result.ts";
import type { Sandbox } from "../../../responder/sandbox/sandbox.ts";

/** What a program in a sandbox did, from outside. */
export interface Trial {
  ending: SandboxResult;
  stdout: string;
  stderr: string;
  collected: Pick<Collected, "leftOut"> & { names: string[]; value: ValueFile };
  /** No search was needed to see that it left nothing. */
  isWithoutResults: boolean;
}

export interface TrialOptions {
  inputs?: Inputs;
  passed_as?: BlockWork["passed_as"];
  value?: BlockWork["value"];
  files?: BlockWork["files"];
  /** Files that are placed before the program, by path. */
  placed?: Record<string, Buffer>;
  limits?: Partial<EffectiveLimits>;
  /** What it may reach; absent: nothing. */
  network?: DestinationRules | undefined;
  signal?: AbortSignal;
  /** Called at the first output. */
  onFirstOutput?: () => void;
}

/** Runs programs in real sandboxes of one kind. */
export async function trials(make: (state: string) => Sandbox) {
  const state = mkdtempSync(join(tmpdir(), "deferred-sandbox-"));
  const sandbox = make(state);
  const runtimes = await findRuntimes(state);
  const features = await sandbox.probe();
  return {
    state,
    sandbox,
    features,
    runtimes,
    async run(runtime: RuntimeName, code: string, options: TrialOptions = {}): Promise<Trial> {
      const installed = runtimes.find((one) => one.runtime.name === runtime)!;
      const prepared = await sandbox.prepare(installed, options.network);
      for (const [path, bytes] of Object.entries(options.placed ?? {})) {
        await prepared.place(path, bytes.length, Readable.from(bytes, { objectMode: false }));
      }
      const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const limits = { ...DEFAULT_LIMITS, ...options.limits };
      const ending = await prepared.run(
        {
          code,
          inputs: options.inputs ?? {},
          passed_as: options.passed_as,
          value: options.value,
          files: options.files,
          limits,
        },
        (stream, bytes) => {
          output[stream].push(bytes);
          options.onFirstOutput?.();
        },
        options.signal ?? new AbortController().signal,
      );
      const isWithout = isWithoutResults(prepared.folder);
      const collected = await collectArtifacts(prepared.folder, {
        bytes: limits.artifacts_mb * 2 ** 20,
      });
      const names = collected.artifacts.map(({ name }) => name);
      const value = await readValue(prepared.folder);
      collected.close();
      await prepared.discard();
      return {
        ending,
        stdout: Buffer.concat(output.stdout).toString(),
        stderr: Buffer.concat(output.stderr).toString(),
        collected: { leftOut: collected.leftOut, names, value },
        isWithoutResults: isWithout,
      };
    },
    async close() {
      await sandbox.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}
