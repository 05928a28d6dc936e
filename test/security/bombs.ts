import type { EffectiveLimits } from "../../protocol/limits.ts";

/** One way to use up what others need as well. */
export interface Bomb {
  name: string;
  held: string;
  limits: Partial<EffectiveLimits>;
  python: string;
  /** What it got of what it should not have got; null: nothing. */
  got(of: { ending: { cause: string }; stdout: string; stderr: string }): unknown;
}

const PROCESSES = 32;

export const BOMBS: readonly Bomb[] = [
  {
    name: "a fork bomb",
    held: "pids cgroup or RLIMIT_NPROC, its own user",
    limits: { processes: PROCESSES, wall_s: 5 },
    python: `
import os, time
made = 0
try:
    while made < 1000:
        if os.fork() == 0: time.sleep(60)
        made += 1
except OSError: pass
print(made, flush=True)
os._exit(0)
`,
    got: ({ stdout }) =>
      Number(stdout) <= PROCESSES && stdout !== "" ? null : `${stdout} processes`,
  },
  {
    name: "a memory bomb of many processes",
    held: "memory cgroup, or watched and RLIMIT_DATA",
    limits: { memory_mb: 128, wall_s: 5 },
    python: `
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = []
        while len(held) < 100:
            held.append(b"x" * 10_000_000)
            time.sleep(0.005)
        print("1 GB", flush=True)
        os._exit(0)
for _ in range(8): os.wait()
`,
    got: ({ stdout }) => stdout || null,
  },
  {
    name: "files in memory without end",
    held: "sized tmpfs, counted with the memory",
    limits: { memory_mb: 64, wall_s: 5 },
    python: `
import os
written = 0
try:
    with open("/dev/shm/x", "wb", buffering=0) as f:
        while written < 2**30: written += f.write(b"x" * 2**20)
except OSError: pass
print(written, flush=True)
`,
    got: ({ stdout }) => (Number(stdout) <= 256 * 2 ** 20 ? null : `${stdout} bytes`),
  },
  {
    name: "an inode bomb: empty files in memory without end",
    held: "counted with the memory",
    limits: { memory_mb: 64, wall_s: 15 },
    python: `
import os
made = 0
try:
    os.mkdir("/dev/shm/d")
    while made < 400_000:
        os.close(os.open(f"/dev/shm/d/{made}", os.O_CREAT | os.O_WRONLY))
        made += 1
    print(made, "files", flush=True)
except OSError: pass
`,
    got: ({ stdout }) => stdout || null,
  },
];
