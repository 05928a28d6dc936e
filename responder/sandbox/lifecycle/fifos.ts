import { execFile } from "node:child_process";
import { chmodSync, closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const AT_A_TIME = 32;
const MODE = 0o666;

/** One end to read here, one to hand to a process. */
export interface Fifo {
  readonly path: string;
  readonly readable: Socket;
  /** Descriptor of the write end; closed by `handOver` once the process has it. */
  readonly writeEnd: number;
  handOver(): void;
  /** Releases it after reading. It is reused only if no process can write to it any more. */
  giveBack(sawEnd: boolean): void;
}

/**
 * Named pipes for programs' output. Node gives its children sockets, which a program can't open again by
 * name: `echo … >/dev/stderr` would fail, as it would on a pipe that belongs to another user. Only the
 * responder reaches the folder they are in; the mode is for the program that holds one already.
 */
export class FifoPool {
  readonly #folder: string;
  readonly #free: string[] = [];
  #made = 0;
  #making: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async take(): Promise<Fifo> {
    let path = this.#free.pop();
    while (path === undefined) {
      await (this.#making ??= this.#makeMore());
      path = this.#free.pop();
    }
    return this.#open(path);
  }

  async #makeMore(): Promise<void> {
    const paths = Array.from({ length: AT_A_TIME }, () =>
      join(this.#folder, `fifo-${this.#made++}`),
    );
    try {
      await run("mkfifo", ["-m", MODE.toString(8), ...paths], { env: { PATH: "/usr/bin:/bin" } });
      this.#free.push(...paths);
    } finally {
      this.#making = undefined;
    }
  }

  #open(path: string): Fifo {
    // The reader comes first: a writer's open waits for one.
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writeEnd = openSync(path, constants.O_WRONLY);
    const readable = new Socket({ fd: readEnd, readable: true, writable: false });
    let open = true;
    return {
      path,
      readable,
      writeEnd,
      handOver: () => {
        if (open) closeSync(writeEnd);
        open = false;
      },
      giveBack: (sawEnd) => {
        readable.destroy();
        try {
          if (!sawEnd) return rmSync(path, { force: true });
          // A program of the responder's own user may have changed its mode. Root's have other users, or need no mode.
          if (process.getuid?.() !== 0) chmodSync(path, MODE);
          this.#free.push(path);
        } catch {
          // On a read-only disk only this pipe is lost; the responder and its other runs continue.
        }
      },
    };
  }
}
