import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pushedProject } from "../test/e2e/pushes.ts";
import { startServing } from "../test/systems/process.ts";
import { makeRepository } from "../test/services/git-repository.ts";
import { startGitServer } from "../test/services/git-server.ts";
import { spread, type Bench } from "./figure.ts";

const PUSHES = 20;
const FILES = 1000;
/** The content of each file: about 5 kB. */
const TEXT = "A line of a file that is as long as lines are.\n".repeat(100);

export const push: Bench = {
  name: "push",
  summary: `A push received to the first output of its first command, ${PUSHES} times, on a warm machine and ${FILES} files.`,
  async run() {
    const root = await mkdtemp(join(tmpdir(), "deferred-bench-push-"));
    const git = await startGitServer(root);
    const served = await startServing({ DEFERRED_ALLOW_PRIVATE: "1", DEFERRED_LOG: "error" });
    try {
      const repository = await makeRepository(root, "app");
      const files = Array.from({ length: FILES }, (_, index): [string, string] => [
        `folder-${index % 20}/file-${index}.txt`,
        `${index}\n${TEXT}`,
      ]);
      await repository.commit({ ...Object.fromEntries(files), ".deferred-server": "echo hello\n" });
      const project = await pushedProject(served, "ada/app", `${git.url}/app.git`);

      /** Milliseconds to the first output of a push that changes a file. */
      const pushed = async (number: number): Promise<number> => {
        const commit = await repository.commit({ "folder-0/file-0.txt": `change ${number}\n` });
        const began = performance.now();
        let first: number | undefined;
        for await (const event of project.follow(await project.push(commit))) {
          if (event.type === "output") first ??= performance.now() - began;
          if (event.type === "ended" && event.state !== "succeeded") {
            throw new Error(`a run ended ${event.state}: ${event.reason?.message}`);
          }
        }
        if (first === undefined) throw new Error("a command printed nothing");
        return first;
      };

      const wakes = await pushed(0);
      await pushed(1); // The machine has its mirror now; the next is like those after it.
      const times: number[] = [];
      for (let number = 0; number < PUSHES; number++) times.push(await pushed(number + 2));
      return [
        {
          name: "push to first output, slowest",
          measured: spread(times),
          beside: `${wakes.toFixed(0)} ms where the machine is woken and the mirror made`,
          value: Math.max(...times) / 1000,
          bound: 1,
          unit: " s",
        },
      ];
    } finally {
      await served.clear();
      await git.close();
      await rm(root, { recursive: true, force: true });
    }
  },
};
