import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

const FILES = 200;
const FUNCTIONS = 12;
const LINES = 8;

/** Numbers from 0 to 1 that are the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface MadeFile {
  path: string;
  /** Bodies of its functions, each a list of lines. */
  bodies: string[][];
}

const textOf = ({ bodies }: MadeFile) =>
  bodies
    .map(
      (lines, index) => `def work_${index}():\n${lines.map((line) => `    ${line}\n`).join("")}\n`,
    )
    .join("\n");

/**
 * Makes a repository at `folder` with so many commits on one line, which change, lengthen and shorten Python
 * functions and now and then move a file: by git fast-import, with a work tree at the end.
 */
export async function makeHistory(folder: string, commits: number, seed = 1): Promise<void> {
  const random = numbers(seed);
  const pick = (below: number) => Math.floor(random() ** 2 * below);
  await mkdir(folder, { recursive: true });
  await run(folder, ["init", "--quiet", "--initial-branch=main"]);
  const files: MadeFile[] = Array.from({ length: FILES }, (_, index) => ({
    path: `lib/part${index % 10}/file${index}.py`,
    bodies: Array.from({ length: FUNCTIONS }, (_, number) =>
      Array.from({ length: LINES }, (_, line) => `x${line} = ${index + number + line}`),
    ),
  }));
  const stream: string[] = [];
  const modify = (file: MadeFile) => {
    const text = textOf(file);
    return `M 100644 inline ${file.path}\ndata ${Buffer.byteLength(text)}\n${text}\n`;
  };
  const commit = (number: number, changes: string) => {
    const who = `Ada Example <ada@example.org> ${1_600_000_000 + number * 3600} +0000`;
    const message = `Change ${number}`;
    stream.push(
      `commit refs/heads/main\ncommitter ${who}\ndata ${message.length}\n${message}\n${changes}\n`,
    );
  };
  commit(0, files.map(modify).join(""));
  for (let number = 1; number < commits; number++) {
    const changes: string[] = [];
    for (let times = 1 + pick(3); times > 0; times--) {
      const file = files[pick(FILES)]!;
      const body = file.bodies[pick(FUNCTIONS)]!;
      const line = Math.floor(random() * body.length);
      if (number % 97 === 0) {
        const moved = `lib/part${number % 10}/moved${number}_${times}.py`;
        changes.push(`R ${file.path} ${moved}\n`);
        file.path = moved;
      } else if (number % 5 === 0) body.splice(line, 0, `y${number} = ${number}`);
      else if (number % 7 === 0 && body.length > 3) body.splice(line, 1);
      else body[line] = `z${number} = ${number + times}`;
      changes.push(modify(file));
    }
    commit(number, changes.join(""));
  }
  await run(folder, ["fast-import", "--quiet", "--done"], `${stream.join("")}done\n`);
  await run(folder, ["reset", "--quiet", "--hard", "main"]);
}

async function run(folder: string, args: string[], input = ""): Promise<void> {
  const child = spawn("git", args, {
    cwd: folder,
    env: {
      PATH: process.env["PATH"],
      HOME: join(folder, "none"),
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_DIR: join(folder, ".git"),
      GIT_WORK_TREE: folder,
    },
    stdio: ["pipe", "ignore", "inherit"],
  });
  child.stdin.on("error", () => {}); // Said by its exit status.
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}`);
}
