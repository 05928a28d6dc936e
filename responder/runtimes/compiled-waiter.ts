import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import * as v from "valibot";
import type { Waiter } from "./runtime.ts";

const run = promisify(execFile);

/** A waiter as its interpreter compiled it: each start of Python takes a tenth less. */
export const CompiledWaiterSchema = v.object({
  /** Digest of the waiter's text. */
  of: v.string(),
  /** Path beside the waiter's file. */
  file: v.string(),
  base64: v.string(),
});
export type CompiledWaiter = v.InferOutput<typeof CompiledWaiterSchema>;

export function isCompiledFrom(compiled: CompiledWaiter, { waiter }: Waiter): boolean {
  return compiled.of === digestOf(waiter.text);
}

/** Undefined where the language has no such form, or compiling fails: the waiter's source serves as well. */
export async function compileWaiter(
  { waiter, compile }: Waiter,
  interpreter: string,
): Promise<CompiledWaiter | undefined> {
  if (compile === undefined) return undefined;
  try {
    const { stdout } = await run(interpreter, [...compile, waiter.file, waiter.text], {
      env: { LANG: "C.UTF-8" },
      timeout: 10_000,
    });
    const [file, base64] = stdout.split("\n");
    return file && base64 ? { of: digestOf(waiter.text), file, base64 } : undefined;
  } catch {
    return undefined;
  }
}

const digestOf = (text: string) => createHash("sha256").update(text).digest("base64url");
