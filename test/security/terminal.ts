import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { COMPILED } from "../compiled.ts";

/** What the process in the terminal is told. */
export interface CommandInTerminal {
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** It prints this once the command has ended. */
  mark: string;
}

const PROGRAM = join(import.meta.dirname, "../fixtures/in-terminal.ts");
export const hasTerminals = existsSync("/usr/bin/script");

/**
 * A terminal of 80 columns in which one process runs command lines one after another: a process of its own for each
 * takes 0.2 s of CPU.
 */
export function openTerminal() {
  const shown = { PATH: process.env["PATH"] ?? "", TERM: "xterm", COLUMNS: "80" };
  const command = `stty cols 80; exec '${process.execPath}' '${PROGRAM}'`;
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit", "pipe"],
    env: { ...shown, ...COMPILED },
  });
  const closed = once(child, "close");
  const commands = child.stdio[3] as Writable;
  let seen = "";
  let look = () => {};
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    seen += text;
    look();
  });
  return {
    /** Resolves with what a command line shows. */
    async show(args: string[], env: Record<string, string>, cwd: string): Promise<string> {
      const mark = randomUUID();
      const told: CommandInTerminal = { args, env: { ...shown, ...env }, cwd, mark };
      // More than line feeds end a line of text.
      commands.write(`${Buffer.from(JSON.stringify(told)).toString("base64")}\n`);
      await new Promise<void>((resolve, reject) => {
        look = () => seen.includes(mark) && resolve();
        void closed.then(() => reject(new Error(`the terminal is gone:\n${seen}`)));
      });
      const [output] = seen.split(mark, 1) as [string];
      seen = "";
      return output;
    },
    async close(): Promise<void> {
      commands.end();
      await closed;
    },
  };
}
