import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inRoot, say } from "./root.mjs";

// Builds the launcher of sandboxes from its C sources. It is optional: without it bubblewrap starts all of them. Static,
// so that it runs on machines with another C library and its forks copy little.

const sources = globSync("responder/sandbox/native/*.c", { cwd: inRoot(".") }).sort();
const output = inRoot(`dist/machine/launcher-${process.arch}`);
rmSync(output, { force: true });
mkdirSync(join(output, ".."), { recursive: true });
if (process.platform === "linux") {
  const options = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-s"];
  const { error, status, stderr } = spawnSync("cc", [...options, "-o", output, ...sources], {
    cwd: inRoot("."),
    encoding: "utf8",
  });
  if (error !== undefined) {
    say("note: there is no C compiler, so bubblewrap alone starts sandboxes, which takes longer.");
  } else if (status !== 0) {
    rmSync(output, { force: true });
    say(
      `warning: the launcher of sandboxes was not built, so bubblewrap alone starts them.\n${stderr}`,
    );
  }
}
