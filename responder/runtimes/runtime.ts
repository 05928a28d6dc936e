import type { RuntimeName } from "../../protocol/runtimes.ts";
import type { RuntimeFacts } from "../../protocol/runtimes/runtime.ts";

/**
 * A language and how it is started. Its interpreter is started before there is code and stops inside
 * the *waiter*, a few lines that run where the language itself lets code run before the program:
 * so that from the program's first line on, everything is as if it had been started plainly. Where the language
 * has no such place, a shell waits (shell-waiter.ts).
 *
 * The waiter writes one byte to descriptor 3 once it waits, then reads from there. First come larger files, each as a
 * line `SIZE PATH` and its bytes, up to an empty line. It writes each at once, so that none is held in memory. Up to the
 * end follows: `inputs.json` NUL (`NAME=value` NUL)* NUL code. It stores the first as `inputs.json` and the last as
 * the program's file, sets the variables, closes the descriptor and returns. Four names are no variables: each `arg`
 * is one more argument, each `file` is `path:` and base64 bytes of a file to write, `stdin` replaces standard input by a file of that text, and `value=last` makes the last
 * expression the program's `value.json`, where the runtime's facts say that it can.
 */
export interface Runtime extends Waiter {
  readonly name: RuntimeName;
  /** Paths of the interpreter, best first. */
  readonly places: readonly string[];
  readonly version: RuntimeFacts["version"];
  readonly mark: RuntimeFacts["mark"];
}

export interface Waiter {
  /** File name and text of the waiter. */
  readonly waiter: { readonly file: string; readonly text: string };
  /** The command that starts the program, given the interpreter and the folder of the waiter. */
  command(interpreter: string, waiterFolder: string): string[];
  /**
   * Arguments that have the interpreter compile the waiter, whose file name and text follow. It prints a path beside
   * that file, which the language reads in its place, and the bytes for it in base64, each on a line.
   */
  readonly compile?: readonly string[];
  /** Variables it is started with, besides those every program gets. */
  env?(waiterFolder: string): Record<string, string>;
}

/** A runtime that this machine has. */
export interface InstalledRuntime {
  readonly runtime: Runtime;
  /** Absolute path of its interpreter. */
  readonly interpreter: string;
  readonly version: string;
}
