import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { createServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cannotBoot } from "../services/blank-machine/machine.ts";
import { skippedBecause } from "../needs.ts";
import { PREPARE_MS, prepareMachines, smallFilesForMachines } from "./machine-files.ts";
import { startMachineServer, type Fault, type MachineServer } from "./machine-server.ts";
import { serverWith as startServerWith, setUp, unbootedMachine } from "./unbooted-machine.ts";

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");
const NAME = "runner.test";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "deferred-downloads-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A server of a small Node: the first test loads a whole one. */
function serverWith(fault: Fault): Promise<MachineServer> {
  return startServerWith(fault, { files: smallFilesForMachines(newFolder()) });
}

/** The server by https, and the certificate that it shows. */
async function startTls(server: MachineServer) {
  const folder = newFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = ["-subj", `/CN=${NAME}`, "-addext", `subjectAltName=DNS:${NAME}`];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const files = ["-keyout", key, "-out", cert];
  const made = spawnSync("openssl", ["req", "-x509", ...kind, ...files, ...names]);
  expect(made.status, String(made.stderr)).toBe(0);
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const port = Number(new URL(server.url).port);
  const tls = createServer(options, (socket) => {
    const behind = connect(port, "127.0.0.1");
    socket.pipe(behind).pipe(socket);
    socket.on("error", () => behind.destroy());
    behind.on("error", () => socket.destroy());
  });
  tls.on("tlsClientError", () => {}); // It does not like our certificate, as it should.
  tls.listen(0, "127.0.0.1");
  await once(tls, "listening");
  onTestFinished(() => void tls.close());
  return { port: (tls.address() as AddressInfo).port, certificate: options.cert };
}

/** An archive with these files, as `tar` makes it of a folder; `options` go before their names. */
function archiveOf(files: Record<string, string>, options: string[] = []): Buffer {
  const folder = newFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const packed = spawnSync("tar", ["-cz", ...options, ...Object.keys(files)], { cwd: folder });
  expect(packed.status, String(packed.stderr)).toBe(0);
  return packed.stdout;
}

/** A server whose manifest names `archive` for Node, by `digest`. */
function serverOf(archive: Buffer, digest = sha256(archive)): Promise<MachineServer> {
  const server = serverWith(async (path) => {
    if (path === "/other/node.tar.gz") return new Response(new Uint8Array(archive));
    if (!path.endsWith("/manifest")) return undefined;
    const { url, manifest } = await server;
    const other = { form: "archive", sha256: digest, url: `${url}/other/node.tar.gz` };
    const files = await manifest();
    return Response.json({
      files: files.map((one) => (one.name === "node" ? { ...one, ...other } : one)),
    });
  });
  return server;
}

describe("what a machine loads", skippedBecause(cannotBoot), () => {
  let machine: ReturnType<typeof unbootedMachine>;
  beforeAll(async () => {
    await prepareMachines();
    machine = unbootedMachine();
  }, PREPARE_MS);
  afterAll(() => machine.clear());
  const at = (path: string) => join(machine.root, path);

  test("comes by https, as soon as the server's name is known", async () => {
    const server = await startMachineServer();
    const { port, certificate } = await startTls(server);
    appendFileSync(at("etc/ssl/certs/ca-certificates.crt"), certificate);
    const named = `python3 -I -S /opt/deferred/set-up >/root/out 2>&1 & machine=$!
    until grep -q 'again in' /root/out; do sleep 0.05; done
    echo '127.0.0.1 ${NAME}' >>/etc/hosts
    wait "$machine"; code=$?; cat /root/out; exit "$code"`;
    const serverUrl = `https://${NAME}:${port}`;
    const command = ["sh", "-c", named];
    const { code, output } = await setUp(machine, server, { serverUrl, command, patienceS: 30 });
    expect(output).toContain("Deferred Runner: this machine is set up");
    expect(code).toBe(0);
  }, 60_000);

  test("does not come from a server whose certificate the machine does not know", async () => {
    const server = await startMachineServer();
    const { port } = await startTls(server);
    const { code, output } = await setUp(machine, server, {
      serverUrl: `https://127.0.0.1:${port}`,
    });
    expect(code).toBe(1);
    expect(output).toMatch(
      /powers off: the certificate of 127.0.0.1:\d+ is not trusted here: self-signed certificate \(this machine's clock says 20/,
    );
    expect(server.progress).toEqual([]);
  });

  test("is asked for anew where the server was upgraded meanwhile", async () => {
    let isUpgraded = false;
    const server = await serverWith(async (path) => {
      if (isUpgraded || !path.endsWith("/manifest")) return undefined;
      isUpgraded = true;
      const gone = "0".repeat(64);
      const files = (await server.manifest()).map((one) => ({
        ...one,
        sha256: gone,
        url: `/v1/machine/files/${gone}/${one.name}`,
      }));
      return Response.json({ files });
    });
    expect((await setUp(machine, server, { patienceS: 20 })).failed).toBeUndefined();
    expect(isUpgraded).toBe(true);
  });

  test.for<[string, (path: string) => Response | undefined, string[]]>([
    ["has it", () => undefined, ["/mirror/node"]],
    ["lacks it", () => new Response("", { status: 403 }), ["/mirror/node", "/v1/…/node"]],
    ["has another", () => new Response("other"), ["/mirror/node", "/v1/…/node"]],
  ])("comes from its mirror, or from the server where that %s", async ([, fault, asked]) => {
    rmSync(at("opt/deferred"), { recursive: true, force: true });
    const paths: string[] = [];
    const server = await serverWith(async (path) => {
      if (path.endsWith("/node")) paths.push(path.replace(/\/v1\/.*\//, "/v1/…/"));
      if (path === "/mirror/node") {
        const [node] = await server.manifest();
        const file = await server.files.open(node!.sha256, "node");
        return fault(path) ?? new Response(Readable.toWeb(file!.read()) as ReadableStream);
      }
      if (!path.endsWith("/manifest")) return undefined;
      const files = (await server.manifest()).map((one) =>
        one.name === "node" ? { ...one, mirror: `${server.url}/mirror/node` } : one,
      );
      return Response.json({ files });
    });
    expect((await setUp(machine, server, { patienceS: 20 })).failed).toBeUndefined();
    expect(new Set(paths).size).toBe(asked.length);
    expect(paths.slice(0, asked.length)).toEqual(asked);
  });

  test("is loaded again where the connection was cut", async () => {
    let isCut = false;
    rmSync(at("opt/deferred"), { recursive: true });
    const server = await serverWith(async (path) => {
      if (isCut || !path.endsWith("/responder.mjs")) return undefined;
      isCut = true;
      const cut = new ReadableStream<Uint8Array>({
        start: (sent) => sent.enqueue(new Uint8Array(1000)),
        pull: (sent) => sent.error(new Error("cut")),
      });
      return new Response(cut);
    });
    const { code, output } = await setUp(machine, server, { patienceS: 20 });
    expect(isCut).toBe(true);
    expect(output).not.toContain("Traceback");
    expect(code).toBe(0);
  });

  test("may be an archive of Node for another architecture", async () => {
    const node = "#!/bin/sh\necho v26.0.0\n";
    const server = await serverOf(
      archiveOf({
        "node-v26/lib/xbin/node": "not this",
        "node-v26/bin/node.txt": "nor this",
        "node-v26/bin/node": node,
      }),
    );
    expect((await setUp(machine, server)).failed).toBeUndefined();
    expect(readFileSync(at("opt/deferred/node"), "utf8")).toBe(node);
    expect(spawnSync(at("opt/deferred/node")).stdout.toString()).toBe("v26.0.0\n");
  });

  test.for<[string, () => Buffer, RegExp, string?]>([
    [
      "of another digest",
      () => archiveOf({ "bin/node": "x" }),
      /^node is not what the manifest names/,
      "1".repeat(64),
    ],
    [
      "without Node",
      () => archiveOf({ "sbin/node": "x" }),
      /^the archive of node holds no bin\/node$/,
    ],
    [
      "that is a page",
      () => Buffer.from("<!doctype html>"),
      /^the archive of node can't be read: /,
    ],
    [
      "cut short",
      () => archiveOf({ "bin/node": "x".repeat(100_000) }).subarray(0, 150),
      /^the archive of node can't be read: /,
    ],
    [
      "for another kind of machine",
      () => archiveOf({ "bin/node": "\x7fELF of a Cray" }),
      /^the server's Node does not run on this machine: Exec format error$/,
    ],
    ["that would fill the disk", hugeArchive, /^bin\/node in its archive has 1099511627776 bytes$/],
    [
      "with names that lead elsewhere",
      () =>
        archiveOf({ "bin/node": "#!/bin/sh\nexit 3\n" }, ["-P", "--transform=s,^,../../../etc/,"]),
      /^the server's Node does not run on this machine: it ended with 3$/,
    ],
  ])("is not an archive %s", async ([, archive, reason, digest]) => {
    const { failed } = await setUp(machine, await serverOf(archive(), digest));
    expect(failed).toMatch(reason);
    expect(globSync("{etc,opt/deferred}/**/bin/node", { cwd: machine.root })).toEqual([]);
    expect(existsSync(at("opt/deferred/node"))).toBe(true);
  });
});

/** A file of a tebibyte of nothing, in a few hundred bytes. */
function hugeArchive(): Buffer {
  const folder = newFolder();
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin/node"), "");
  truncateSync(join(folder, "bin/node"), 2 ** 40);
  return spawnSync("tar", ["-cz", "--sparse", "bin/node"], { cwd: folder }).stdout;
}
