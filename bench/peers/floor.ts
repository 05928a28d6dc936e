// The floor: a bare HTTP loop over bubblewrap with interpreters started ahead. It checks no signature, stores nothing and
// limits nothing, so what it costs is the least that a runner of this kind costs.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";

const AT_ONCE = 4;
const AHEAD = 8;
const BUBBLEWRAP = [
  ...["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"],
  ...["--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib"],
  ...["--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev"],
  ...["--size", "33554432", "--tmpfs", "/tmp", "--chdir", "/tmp", "--uid", "65534"],
  ...["--gid", "65534", "--setenv", "PATH", "/usr/bin:/bin"],
  // The same Node as this product's sandboxes have.
  ...["--ro-bind", process.execPath, "/opt/node"],
];
/** Each reads its program from standard input. */
const INTERPRETERS: Record<string, string[]> = {
  python: [
    "/usr/bin/python3",
    "-I",
    "-c",
    "import sys; exec(compile(sys.stdin.read(), 'main.py', 'exec'))",
  ],
  ruby: ["/usr/bin/ruby", "-e", "eval($stdin.read)"],
  node: ["/opt/node", "-"],
  bash: ["/bin/bash", "-s"],
};

export interface FloorRequest {
  language: string;
  code: string;
}

export interface FloorAnswer {
  stdout: string;
}

type Waiting = ChildProcessByStdio<Writable, Readable, null>;

const ahead = new Map<string, Waiting[]>();
const queue: (() => void)[] = [];
let running = 0;

function start(language: string): Waiting {
  const command = INTERPRETERS[language] ?? [];
  return spawn("/usr/bin/bwrap", [...BUBBLEWRAP, ...command], {
    stdio: ["pipe", "pipe", "ignore"],
  });
}

/** Only what has been asked for is started ahead: idle interpreters of other languages use memory. */
function refill(language: string): void {
  const waiting = ahead.get(language) ?? [];
  ahead.set(language, waiting);
  while (waiting.length < AHEAD) waiting.push(start(language));
}

async function execute({ language, code }: FloorRequest): Promise<FloorAnswer> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve));
  else running++;
  try {
    const child = ahead.get(language)?.shift() ?? start(language);
    const closed = once(child, "close");
    child.stdin.end(code);
    const stdout = await text(child.stdout);
    await closed;
    return { stdout };
  } finally {
    const next = queue.shift();
    if (next) next();
    else running--;
    setTimeout(refill, 0, language);
  }
}

const server = createServer((request, response) => {
  void text(request).then(async (body) => {
    const answer = await execute(JSON.parse(body) as FloorRequest);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
});
await once(server.listen(0, "127.0.0.1"), "listening");
process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
process.on("disconnect", () => process.exit(0));
