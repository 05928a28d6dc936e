import {
  constants,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collectArtifacts } from "../../../responder/artifacts/collect.ts";
import { collector } from "../../../responder/command/artifacts.ts";
import { contentType } from "../../../responder/artifacts/content-type.ts";

let folder: string;
let fd: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "deferred-artifacts-"));
  mkdirSync(join(folder, "artifacts"));
  fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
});
afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true, force: true });
});
const put = (name: string, text: string) => writeFileSync(join(folder, "artifacts", name), text);
const collect = async (maxBytes = 2 ** 20) => {
  const collected = await collectArtifacts(fd, { bytes: maxBytes });
  const { artifacts, leftOut } = collected;
  const entries = artifacts.map(({ fd: _, ...entry }) => entry);
  return { entries, names: entries.map(({ name }) => name), leftOut, collected };
};

test("a file is told by its name, type, size and digest, and can be read once its name is gone", async () => {
  put("a.txt", "hi\n");
  const { entries, collected } = await collect();
  expect(entries).toEqual([
    {
      name: "a.txt",
      type: "text/plain; charset=utf-8",
      size: 3,
      sha256: "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4",
    },
  ]);
  rmSync(join(folder, "artifacts"), { recursive: true });
  const bytes = Buffer.alloc(3);
  readSync(collected.artifacts[0]!.fd, bytes, 0, 3, 0);
  expect(bytes.toString()).toBe("hi\n");
  collected.close();
});

test("what is too much is left out and counted; what still fits is kept", async () => {
  put("a", "x".repeat(600));
  put("b", "x".repeat(600));
  put("c", "x".repeat(300));
  const { names, leftOut, collected } = await collect(1000);
  collected.close();
  expect([names, leftOut]).toEqual([["a", "c"], 1]);
});

test("a file that claims to be huge is not read", async () => {
  put("sparse", "");
  truncateSync(join(folder, "artifacts/sparse"), 2 ** 40);
  expect(await collect()).toMatchObject({ names: [], leftOut: 1 });
});

test("no more than a hundred files are kept", async () => {
  for (let index = 0; index < 120; index++) put(String(index).padStart(3, "0"), "x");
  const { names, leftOut, collected } = await collect();
  collected.close();
  expect([names.length, names.at(-1), leftOut]).toEqual([100, "099", 20]);
});

test("of a folder with very many names the first are looked at, and the rest counts as left out", async () => {
  for (let index = 0; index < 10_050; index++) put(String(index), "");
  const { names, leftOut, collected } = await collect();
  collected.close();
  expect([names.length, leftOut]).toEqual([100, 9_901]);
});

test("a name that no address has room for is left out", async () => {
  for (const name of ["日".repeat(40), "日".repeat(80)]) {
    mkdirSync(join(folder, "artifacts", name));
    put(`${name}/${"日".repeat(40)}`, "x");
  }
  const { names, leftOut, collected } = await collect();
  collected.close();
  expect([names, leftOut]).toEqual([[`${"日".repeat(40)}/${"日".repeat(40)}`], 1]);
});

test.for([
  ["a hundred files", 1000, 101, 100],
  ["the run may leave", 10, 6, 5],
] as const)(
  "what is kept of several commits is no more than %s",
  async ([, maxBytes, kept, most]) => {
    const files = collector(maxBytes, folder);
    for (let commit = 0; commit < kept; commit++) {
      const tree = { host: folder, cwd: "/", several: true, last: false } as const;
      const names = {
        commit: String(commit).padStart(12, "0"),
        message: "",
        ref: undefined,
        pass: undefined,
        file: undefined,
        changed: undefined,
      };
      files.keep({ ...tree, ...names }, "response.json", Buffer.from("{}"));
    }
    const { artifacts, leftOut } = await files.collected();
    expect([artifacts.length, leftOut]).toEqual([most, kept - most]);
    files.close();
  },
);

test("folders nested without end are left out", async () => {
  mkdirSync(join(folder, "artifacts", ...Array.from({ length: 30 }, () => "d")), {
    recursive: true,
  });
  expect(await collect()).toMatchObject({ names: [], leftOut: 1 });
});

test("a program that removed or replaced its folder has no artifacts", async () => {
  rmSync(join(folder, "artifacts"), { recursive: true });
  expect(await collect()).toMatchObject({ names: [], leftOut: 0 });
  writeFileSync(join(folder, "artifacts"), "a file");
  expect((await collect()).names).toEqual([]);
});

test("types go by extension, whatever its case", async () => {
  expect(["a.PNG", "b.tar.gz", "c", "d.unknown", "e.html"].map(contentType)).toEqual([
    "image/png",
    "application/gzip",
    "application/octet-stream",
    "application/octet-stream",
    "text/html; charset=utf-8",
  ]);
});
