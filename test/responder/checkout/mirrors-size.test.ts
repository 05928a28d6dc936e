import { existsSync } from "node:fs";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withLock } from "../../../responder/checkout/lock.ts";
import { removeOldMirrors } from "../../../responder/checkout/mirrors-size.ts";
import { freshFolder } from "./project.ts";

test("mirrors that were not used for longest go once all are too large, but those in use", async () => {
  const mirrors = await freshFolder();
  const names = ["a", "b", "c", "d"].map((letter) => letter.repeat(32));
  for (const [index, name] of names.entries()) {
    const folder = join(mirrors, name);
    await mkdir(folder);
    await writeFile(join(folder, "pack"), Buffer.alloc(100_000, 1));
    await writeFile(`${folder}.lock`, "");
    await utimes(folder, index, index);
  }
  const [oldest = ""] = names;
  const there = () => names.map((name) => existsSync(join(mirrors, name)));
  await withLock(join(mirrors, `${oldest}.lock`), new AbortController().signal, () =>
    removeOldMirrors(mirrors, 250_000),
  );
  expect(there()).toEqual([true, false, true, true]);
  await removeOldMirrors(mirrors, 250_000);
  expect(there()).toEqual([false, false, true, true]);
});
