import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createHash } from "node:crypto";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  onTestFinished,
  test,
  type TestContext,
} from "vitest";
import { parseAddress } from "../../../responder/checkout/address.ts";
import type { NetworkSeams } from "../../../responder/checkout/confined-network.ts";
import { downloadLfs } from "../../../responder/checkout/lfs-download.ts";
import { resolveHost } from "../../../responder/network/resolve.ts";
import { makeRepository } from "../../services/git-repository.ts";
import { startGitServer } from "../../services/git-server.ts";
import { needs } from "../../needs.ts";
import { freshFolder, gitIn, refusalOf, startMachine, startProject } from "./project.ts";

const JSON_TYPE = "application/vnd.git-lfs+json";
const CONTENT = "large\n".repeat(1000);

test(
  "large files are fetched where the project asks, and from its own repository alone",
  needs(existsSync("/usr/bin/git-lfs"), "git-lfs"),
  async () => {
    const { repository, checkOut } = await startProject();
    const { work, bare } = repository;
    const git = promisify(execFile);
    await repository.git("lfs", "install", "--local");
    await repository.git("lfs", "track", "*.bin");
    await writeFile(join(work, "a.bin"), CONTENT);
    const lfsconfig = "[lfs]\n\turl = http://127.0.0.1:9/elsewhere\n";
    await git("git", ["-C", work, "config", "lfs.url", `file://${bare}`]);
    const commit = await repository.commit({ "b.txt": "b", ".lfsconfig": lfsconfig });
    await repository.git("lfs", "push", "origin", "main");
    const asked = { url: `file://${bare}`, revision: { of: "commit", commit } } as const;

    const without = await checkOut(asked);
    const pointer = await readFile(join((await without.at(commit)).folder, "a.bin"), "utf8");
    expect(pointer).toMatch(/^version https:\/\/git-lfs/);
    await without.close();

    const checkout = await checkOut({ ...asked, lfs: true });
    const { folder } = await checkout.at(commit);
    expect(await readFile(join(folder, "a.bin"), "utf8")).toBe(CONTENT);
    expect(await gitIn(folder, "status", "--porcelain")).toBe("");
    await checkout.close();
  },
);

const LOGIN = { user: "ada", token: "a-token" };

/** A host that speaks git-lfs's API and keeps the contents elsewhere. */
async function startHost(content: string) {
  const root = await freshFolder();
  const repository = await makeRepository(root, "app");
  const oid = createHash("sha256").update(CONTENT).digest("hex");
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${CONTENT.length}\n`;
  const commit = await repository.commit({
    ".gitattributes": "*.bin filter=lfs\n",
    "a.bin": pointer,
  });
  const store = await startGitServer(root, {
    also: (_, response) => Boolean(response.end(content)),
  });
  const server = await startGitServer(root, {
    login: LOGIN,
    also(request, response) {
      if (request.url !== "/app.git/info/lfs/objects/batch") return false;
      const download = { href: `${store.url}/${oid}`, header: { "x-signed": "yes" } };
      response.setHeader("content-type", JSON_TYPE);
      response.end(
        JSON.stringify({ objects: [{ oid, size: CONTENT.length, actions: { download } }] }),
      );
      return true;
    },
  });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  const url = `${server.url}/app.git`;
  const credential = { kind: "token", ...LOGIN } as const;
  const revision = { of: "commit", commit } as const;
  return { store, commit, asked: { url, credential, revision, lfs: true } };
}

describe(
  "large files of a host's own API",
  needs(existsSync("/usr/bin/git-lfs"), "git-lfs"),
  () => {
    test("are fetched from where it says, which is not told the project's token", async () => {
      const { store, commit, asked } = await startHost(CONTENT);
      const { checkOut } = await startMachine();
      const checkout = await checkOut(asked);
      const { folder } = await checkout.at(commit);
      expect(await readFile(join(folder, "a.bin"), "utf8")).toBe(CONTENT);
      expect(await gitIn(folder, "status", "--porcelain")).toBe("");
      expect(store.requests).toHaveLength(1);
      expect(store.authorizations).toEqual([]);
      await checkout.close();
    });

    test.each([
      ["what came is not", "other"],
      ["more came than", CONTENT + "more".repeat(20_000)],
    ])("are refused where %s what was committed", async (why, content) => {
      const { commit, asked } = await startHost(content);
      const { checkOut } = await startMachine();
      const checkout = await checkOut(asked);
      expect(await refusalOf(checkout.at(commit))).toContain(why);
      await checkout.close();
    });
  },
);

interface PublicHost {
  certificate: { key: Buffer; cert: Buffer };
  href: (store: string) => string;
  atEnd: TestContext["onTestFinished"];
}

/** A host of git-lfs that has a public name and https, and says of every file that it is at `href`. */
async function startPublicHost({ certificate, href, atEnd }: PublicHost) {
  const folder = await freshFolder(atEnd);
  const repository = await makeRepository(folder, "app");
  const oid = createHash("sha256").update(CONTENT).digest("hex");
  const commit = await repository.commit({
    ".gitattributes": "*.bin filter=lfs\n",
    "a.bin": `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${CONTENT.length}\n`,
  });
  const dialled: string[] = [];
  const authorizations: unknown[] = [];
  const server = createServer(certificate, ({ url, headers }, response) => {
    authorizations.push(headers.authorization);
    if (!url?.endsWith("/objects/batch")) return response.end(CONTENT);
    const download = { href: href(`https://store.example.org/${oid}`) };
    const objects = [{ oid, size: CONTENT.length, actions: { download } }];
    response.setHeader("content-type", JSON_TYPE);
    return response.end(JSON.stringify({ objects }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  // Proxies look names up themselves: here public ones lead to the server above.
  const seams: NetworkSeams = {
    lookUp: async (name) => (name.endsWith(".example.org") ? ["93.184.215.14"] : resolveHost(name)),
    dial(address) {
      dialled.push(address);
      return connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    },
  };
  const secrets = join(folder, "secrets");
  await mkdir(secrets);
  const fetching = () =>
    downloadLfs({
      folder: join(repository.work, ".git"),
      commit,
      objects: [{ oid, size: CONTENT.length }],
      access: {
        address: parseAddress("https://lfs.example.org/app.git", false),
        protocols: ["https"],
        config: { "http.https://lfs.example.org/.extraHeader": "Authorization: Basic c2VjcmV0" },
        env: {},
        authorization: "Basic c2VjcmV0",
        allowPrivate: false,
        secrets,
        close: async () => {},
      },
      signal: new AbortController().signal,
      seams,
    });
  const stored = join(repository.work, ".git/lfs/objects", oid.slice(0, 2), oid.slice(2, 4), oid);
  return { fetching, stored, dialled, authorizations };
}

async function selfSigned(folder: string, names: readonly string[]) {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const san = `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`;
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const files = ["-keyout", key, "-out", cert];
  await promisify(execFile)("openssl", [
    ...["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", san],
    ...[...curve, ...files],
  ]);
  return { key: await readFile(key), cert: await readFile(cert) };
}

// git-lfs tries again for seconds, in which the others run.
describe.concurrent(
  "large files of a public host",
  needs(existsSync("/usr/bin/git-lfs"), "git-lfs"),
  () => {
    let certificate: PublicHost["certificate"];
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "deferred-certificate-"));
      certificate = await selfSigned(folder, ["lfs.example.org", "store.example.org"]);
      // A stub would end with the first of the tests.
      process.env["GIT_SSL_CAINFO"] = join(folder, "cert.pem");
    });
    afterAll(async () => {
      delete process.env["GIT_SSL_CAINFO"];
      await rm(folder, { recursive: true });
    });
    const startHostOf = (
      { onTestFinished: atEnd }: Pick<TestContext, "onTestFinished">,
      href: PublicHost["href"],
    ) => startPublicHost({ certificate, href, atEnd });

    test("come through the proxy, and its store is not told the token", async ({
      expect,
      ...context
    }) => {
      const { fetching, stored, dialled, authorizations } = await startHostOf(
        context,
        (store) => store,
      );
      await fetching();
      expect(await readFile(stored, "utf8")).toBe(CONTENT);
      expect(new Set(dialled)).toEqual(new Set(["93.184.215.14"]));
      expect(authorizations).toEqual(["Basic c2VjcmV0", undefined]);
    });

    test.for([
      ["http://store.example.org/", "is not an https address"],
      ["https://127.0.0.1/", "did not answer"],
      ["https://localhost/", "did not answer"],
      ["https://[::1]/", "did not answer"],
      ["https://[::ffff:127.0.0.1]/", "did not answer"],
      ["https://10.0.0.1/", "10.0.0.1, which is not reached from here"],
      ["https://169.254.169.254/latest/meta-data/", "not reached from here"],
      ["https://2130706433/", "not reached from here"],
      ["file:///etc/passwd", "not fetched"],
    ] as const)(
      "that are said to be at %s are not asked for there",
      async ([href, why], { expect, ...context }) => {
        const { fetching, stored, dialled } = await startHostOf(context, () => href);
        expect(await refusalOf(fetching())).toContain(why);
        expect(existsSync(stored)).toBe(false);
        expect(dialled.length).toBeGreaterThan(0);
      },
    );

    test("that are said to be at an open port of this machine's loopback never reach it", async ({
      expect,
      ...context
    }) => {
      let requests = 0;
      const listener = createHttpServer((_, response) => (requests++, response.end(CONTENT)));
      listener.listen(0, "127.0.0.1");
      await once(listener, "listening");
      context.onTestFinished(() => void listener.close());
      const { port } = listener.address() as AddressInfo;
      const { fetching } = await startHostOf(context, () => `http://127.0.0.1:${port}/`);
      expect(await refusalOf(fetching())).toContain("did not answer");
      expect(requests).toBe(0);
    });

    test("what is signed in an address stands in no refusal", async ({ expect, ...context }) => {
      const { fetching } = await startHostOf(
        context,
        () => "https://10.0.0.1/a?signature=secret-word",
      );
      expect(await refusalOf(fetching())).not.toContain("secret-word");
    });
  },
);
