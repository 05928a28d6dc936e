import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { codeDigest } from "../../blocks/digest.ts";
import { verifyFiles, verifyParts } from "../../blocks/parts.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { readFiles, readSetup, writeFiles, writeSetup } from "../../protocol/part-attributes.ts";
import { whatIsWrongWithPath } from "../../protocol/block-files.ts";

const first = "import math\n";
const second = "print(math.pi)\n";
const claims = { setup: codeDigest(first), after: [codeDigest(second)] };

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
}

test("the codes that come before are those of the claims, in canonical form and order", () => {
  expect(verifyParts({}, {}, "x")).toEqual([]);
  const sent = { setup: "\r\n  import math", before: ["\n\nprint(math.pi)\n\n"] };
  expect(verifyParts(claims, sent, "x")).toEqual([first, second]);
});

test.each<[string, object, object]>([
  ["part_missing", claims, {}],
  ["part_missing", claims, { setup: first }],
  ["part_missing", claims, { before: [second] }],
  ["part_missing", {}, { setup: first }],
  ["part_missing", {}, { before: [second] }],
  ["part_missing", claims, { setup: first, before: [second, second] }],
  ["part_mismatch", claims, { setup: second, before: [first] }],
  ["part_mismatch", claims, { setup: first, before: ["print(3)"] }],
  ["part_mismatch", claims, { setup: first, before: ["\0"] }],
  ["code_too_large", claims, { setup: first, before: ["x".repeat(256 * 1024)] }],
])("%s: claims %j, sent %j", (code, named, sent) => {
  expect(codeOf(() => verifyParts(named, sent, "x"))).toBe(code);
});

const bytes = Buffer.from("a,b\n1,2\n");
const sha256 = createHash("sha256").update(bytes).digest("hex");
const files = { "data.csv": { sha256, size: bytes.length } };

test("files are those of the claims, in either alphabet of base64", () => {
  expect(verifyFiles({}, {})).toBeUndefined();
  for (const alphabet of ["base64", "base64url"] as const) {
    const sent = { files: { "data.csv": bytes.toString(alphabet) } };
    expect(verifyFiles({ files }, sent)).toEqual({ "data.csv": bytes.toString("base64") });
  }
});

test.each<[string, object]>([
  ["file_missing", {}],
  ["file_missing", { files: {} }],
  ["file_mismatch", { files: { "data.csv": "" } }],
  ["file_mismatch", { files: { "data.csv": Buffer.from("a,b\n1,3\n").toString("base64") } }],
  ["file_mismatch", { files: { "data.csv": bytes.toString("base64"), "more.csv": "" } }],
  ["file_mismatch", { files: JSON.parse('{"__proto__": ""}') as object }],
  ["files_too_large", { files: { "data.csv": Buffer.alloc(256 * 1024 + 1).toString("base64") } }],
])("%s: sent %.60j", (code, sent) => {
  expect(codeOf(() => verifyFiles({ files }, sent))).toBe(code);
});

test("attributes hold any path and bytes", () => {
  const some = { "lib/a b.py": "_-8A", "ü.csv": "", "x@1+2.txt": "AAAA" };
  expect(readFiles(writeFiles({ ...some, "lib/a b.py": "/+8A" }))).toEqual({
    ...some,
    "lib/a b.py": "_-8A",
  });
  expect(readFiles(" a.csv:AA\n\tb%2Fc:AAAA \n rubbish ")).toEqual({
    "a.csv": "AA",
    "b/c": "AAAA",
  });
  const code = 'print("é & <b>")\n';
  expect(readSetup(` ${writeSetup(code)}\n`)).toBe(code);
  expect(readSetup("*")).toBeUndefined();
});

test.each([
  ["data.csv", true],
  ["lib/util.py", true],
  ["a b.txt", true],
  [".env", true],
  ["@scope/pkg.js", true],
  ["main2.py", true],
  ["../data.csv", false],
  ["/etc/passwd", false],
  ["a//b", false],
  ["a/./b", false],
  ["a/", false],
  ["", false],
  ["a\\b", false],
  ["a\0b", false],
  ["a\nb", false],
  ["main.py", false],
  ["inputs.json", false],
  ["artifacts", false],
  ["artifacts/x", false],
  ["inputs.json/x", false],
  ["main.py/x", false],
  ["stdin/x", false],
  ["lib/main.py", true],
  ["x".repeat(201), false],
  ["1/2/3/4/5/6/7/8/9", false],
])("a file may be at %j: %s", (path, fits) => {
  expect(whatIsWrongWithPath(path) === undefined).toBe(fits);
});
