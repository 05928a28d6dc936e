import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { Hono } from "hono";
import { machineFiles, type MachineFile } from "../../../../server/providers/cloud-init/files.ts";
import { machineRoutes } from "../../../../server/providers/cloud-init/routes.ts";
import { onError } from "../../../../server/http/problem.ts";
import { pino } from "pino";

const otherNode = { url: "https://nodejs.org/dist/node.tar.gz", sha256: "a".repeat(64) };
const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

async function serve(options: { otherNode?: typeof otherNode; arch?: string | undefined } = {}) {
  const { arch } = { arch: "x64", ...options };
  const folder = await mkdtemp(join(tmpdir(), "deferred-files-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const node = join(folder, "node");
  const bundle = join(folder, "responder.mjs");
  await writeFile(node, "an executable ".repeat(1000));
  await writeFile(bundle, "the responder");
  const cache = join(folder, "cache");
  const files = machineFiles({ bundle, node, arch, otherNode: options.otherNode, cache });
  const app = new Hono().onError(onError(pino({ level: "silent" })));
  app.route("/", machineRoutes(files, "DEFERRED_EC2_NODE_URL"));
  const manifest = async (arch: string) => {
    const response = await app.request(`/v1/machine/manifest?arch=${arch}`);
    return response.ok ? ((await response.json()) as { files: MachineFile[] }).files : response;
  };
  return { app, manifest, node, bundle, cache };
}

test("a machine of the server's kind gets the server's own Node and responder, by their digests", async () => {
  const { app, manifest, cache } = await serve();
  const [node, responder] = (await manifest("x64")) as MachineFile[];
  expect(node).toMatchObject({
    name: "node",
    form: "gzip",
    sha256: sha256("an executable ".repeat(1000)),
  });
  expect(responder).toMatchObject({ form: "plain", sha256: sha256("the responder") });
  const sent = await app.request(node!.url);
  expect(sent.headers.get("cache-control")).toContain("immutable");
  const body = Buffer.from(await sent.arrayBuffer());
  expect(Number(sent.headers.get("content-length"))).toBe(body.length);
  expect(gunzipSync(body).toString()).toBe("an executable ".repeat(1000));
  expect(await (await app.request(responder!.url)).text()).toBe("the responder");
  expect(await readdir(cache)).toEqual([`node-${node!.sha256}.gz`]);
});

test("a bundle that is replaced while the server runs is not served under the old digest", async () => {
  const { app, manifest, bundle } = await serve();
  const [, responder] = (await manifest("x64")) as MachineFile[];
  await writeFile(bundle, "another responder");
  expect(await (await app.request(responder!.url)).text()).toBe("the responder");
});

test("a machine of another kind gets the Node that is set for it, or the reason why there is none", async () => {
  const { manifest } = await serve({ otherNode });
  const [node, responder] = (await manifest("arm64")) as MachineFile[];
  expect(node).toEqual({ name: "node", form: "archive", ...otherNode });
  expect(responder!.name).toBe("responder.mjs");
  const without = await serve();
  const refused = (await without.manifest("arm64")) as Response;
  expect(refused.status).toBe(404);
  expect(await refused.json()).toMatchObject({
    detail: expect.stringContaining("DEFERRED_EC2_NODE_URL") as string,
  });
});

test("a server that does not run on Linux offers its machines no Node of its own", async () => {
  const { manifest } = await serve({ arch: undefined });
  expect((await manifest("x64")) as Response).toMatchObject({ status: 404 });
  const withOther = await serve({ arch: undefined, otherNode });
  expect(((await withOther.manifest("x64")) as MachineFile[])[0]).toMatchObject(otherNode);
});

test("nothing is served but what the manifest names", async () => {
  const { app } = await serve();
  for (const path of [`${"b".repeat(64)}/node`, `${sha256("the responder")}/node`, "../x/secret"]) {
    expect((await app.request(`/v1/machine/files/${path}`)).status).toBe(404);
  }
});

test("HEAD tells the size and opens nothing", async () => {
  const { app, manifest } = await serve();
  const [node] = (await manifest("x64")) as MachineFile[];
  const head = await app.request(node!.url, { method: "HEAD" });
  expect(head.status).toBe(200);
  expect(Number(head.headers.get("content-length"))).toBeGreaterThan(0);
  expect(await head.text()).toBe("");
});
