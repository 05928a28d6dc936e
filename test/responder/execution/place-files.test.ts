import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serverClient } from "../../../responder/client/server-client.ts";
import { placeFiles } from "../../../responder/execution/place-files.ts";

const BYTES = Buffer.alloc(200_000, "x");
const sha256 = createHash("sha256").update(BYTES).digest("hex");
const http = createServer((request, response) => {
  if (request.url === "/there") response.end(BYTES);
  else if (request.url === "/short") response.end(BYTES.subarray(1));
  else response.writeHead(request.url === "/gone" ? 404 : 503).end();
});
let serverUrl: string;
let client: ReturnType<typeof serverClient>;
beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  serverUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  client = serverClient(serverUrl);
});
afterAll(() => {
  client.close();
  http.close();
});

/** Places one file; resolves with the bytes that came, or the error's code and message. */
async function place(url: string, changes: { sha256?: string; size?: number } = {}, fails = false) {
  const parts: Buffer[] = [];
  const sandbox = {
    async place(_path: string, _size: number, bytes: AsyncIterable<Buffer>) {
      for await (const part of bytes) {
        if (fails) throw new Error("it ended");
        parts.push(part);
      }
    },
  };
  const file = { url, sha256, size: BYTES.length, ...changes };
  const { signal } = new AbortController();
  try {
    await placeFiles(sandbox, { "a.bin": file }, { client, serverUrl, signal });
    return Buffer.concat(parts);
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return [code, message];
  }
}

test("a file is passed on as it comes, and counts only where it is the one that was signed", async () => {
  expect(await place("/there")).toEqual(BYTES);
  const other = ["file_unavailable", "a.bin has other bytes."];
  expect(await place("/there", { sha256: sha256.replace(/^./, "g") })).toEqual(other);
  expect(await place("/short")).toEqual(other);
  expect(await place("/there", { size: 10 })).toEqual(other);
  expect(await place("/gone")).toEqual(["file_unavailable", "a.bin was removed."]);
});

test("what another attempt may cure is no fault of the file", async () => {
  const why = [
    await place("/busy"),
    await place("/there", {}, true),
    await place("http://203.0.113.1/there"),
  ];
  expect(why.map(([code]) => code)).toEqual(why.map(() => "sandbox_failed"));
  expect(String(why[0])).toContain("the file a.bin was not placed: the server answered 503");
});
