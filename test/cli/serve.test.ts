import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { explainStartError } from "../../cli/serve/start-errors.ts";
import { readServerSettings } from "../../server/main.ts";
import { deferred, spawnDeferred, startDeferred, temporaryFolder } from "./deferred.ts";
import { needs, needsRoot } from "../needs.ts";

test("serve says where it is, and SIGTERM ends it", async () => {
  const data = join(await temporaryFolder(), "data");
  const env = { PORT: "0", DEFERRED_DATA: data };
  const { child, ended, output } = startDeferred(["serve"], { env });
  await vi.waitFor(() => expect(output()).toContain("Deferred Runner is at "), 50_000);
  const { url } = JSON.parse(readFileSync(join(data, "server.json"), "utf8"));
  expect(output()).toContain(`Deferred Runner is at ${url}\n`);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  child.kill("SIGTERM");
  // npm passes the signal on to a group that already got it: that is no second request.
  child.kill("SIGTERM");
  expect((await ended).code).toBe(0);
});

test("a file that the package lacks is not blamed on the data folder, and the folder's own faults are", async () => {
  const explain = async (file: string, call: (file: string) => Promise<unknown>) => {
    const thrown: unknown = await call(file).catch((error: unknown) => error);
    return explainStartError(thrown, readServerSettings({ DEFERRED_DATA: "/dev/null/data" }));
  };
  const asset = join(await temporaryFolder(), "dist/guides/guides.json");
  expect(await explain(asset, readFile)).toMatchObject({
    message: `the server's own file ${asset} is missing`,
    hint: expect.stringContaining("npm run build"),
  });
  const data = "/dev/null/data";
  for (const [path, call] of [
    [data, (folder: string) => mkdir(folder, { recursive: true })],
    [join(data, "deferred.db"), readFile],
  ] as const) {
    expect(await explain(path, call)).toMatchObject({
      message: `the data folder ${data} is not a folder`,
    });
  }
});

test("the owner's token is in its file alone, and a new one takes its place", async () => {
  const data = join(await temporaryFolder(), "data");
  const file = join(data, "owner-token");
  const start = async () => {
    const env = { PORT: "0", DEFERRED_DATA: data, DEFERRED_LOG: "error" };
    const { child, ended, output } = startDeferred(["serve"], { env });
    await vi.waitFor(() => expect(output()).toContain("signs one browser in"), 50_000);
    const url = /Deferred Runner is at (\S+)/.exec(output())![1]!;
    const status = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${url}/v1/projects`, { headers })).status;
    };
    const stop = async () => {
      child.kill("SIGTERM");
      expect((await ended).code).toBe(0);
    };
    return { output: output(), url, status, stop };
  };
  const first = await start();
  const token = readFileSync(file, "utf8").trim();
  expect(first.output).not.toContain(token);
  expect(first.output).toMatch(new RegExp(`^token +the owner's is in ${file};`, "m"));
  const [link] = /http\S+\/sign-in\/\S+/.exec(first.output)!;
  expect((await fetch(link, { redirect: "manual" })).status).toBe(303);
  expect(await first.status(token)).toBe(200);
  await first.stop();

  const second = await start();
  expect(second.output).not.toContain(token);
  expect(second.output).not.toContain("owner-token");
  await second.stop();

  rmSync(file);
  const third = await start();
  const fresh = readFileSync(file, "utf8").trim();
  expect(third.output).not.toContain(fresh);
  expect(third.output).toContain(file);
  expect(await third.status(fresh)).toBe(200);
  expect(await third.status(token)).toBe(401);
  await third.stop();
});

test("a port in use is named, with another to try", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const env = { DEFERRED_DATA: await temporaryFolder() };
  const { code, stderr } = await spawnDeferred(["serve", "--port", String(port)], { env });
  expect(code).toBe(1);
  expect(stderr).toBe(
    `error: port ${port} is in use by another program\n` +
      `hint: PORT=${port + 1} npm start, or deferred serve --port ${port + 1}\n`,
  );
});

test("a data folder that can't be one is named", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "");
  const data = join(file, "data");
  const { code, stderr } = await spawnDeferred(["serve", "--port", "0", "--data", data]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `error: the data folder ${data} is not a folder\n` +
      "hint: set DEFERRED_DATA to a folder that this user may write\n",
  );
});

test(
  "a data folder on which nothing may be written is named",
  needs(process.getuid?.() === 0 && existsSync("/sys/kernel"), "root and /sys"),
  async () => {
    const { code, stderr } = await spawnDeferred([
      "serve",
      "--port",
      "0",
      "--data",
      "/sys/deferred",
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: the data folder \/sys\/deferred .+\nhint: set DEFERRED_DATA/);
  },
);

test(
  "without bubblewrap, or where it does not work, nothing is served: each with what to do",
  needsRoot,
  async () => {
    const folder = await temporaryFolder();
    // A mount namespace replaces bwrap: by a file that is no program, or by a program that always fails.
    for (const [instead, error] of [
      ["/dev/null", /^error: bubblewrap is missing\nhint: apt-get install bubblewrap/],
      ["/bin/false", /^error: bubblewrap does not work here: .+\nhint: allow user namespaces/],
    ] as const) {
      const hidden = `mount --bind ${instead} /usr/bin/bwrap && exec "$@"`;
      const node = join(folder, "node");
      await writeFile(
        node,
        `#!/bin/sh\nexec unshare --mount sh -c '${hidden}' sh ${process.execPath} "$@"\n`,
        { mode: 0o755 },
      );
      const env = { PORT: "0", DEFERRED_DATA: join(folder, "data") };
      const { code, stderr, stdout } = await spawnDeferred(["serve"], { env, node });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(error);
    }
  },
);

test("all mistakes in the settings come at once", async () => {
  const env = { PORT: "http", DEFERRED_IDLE_S: "-1", DEFERRED_URL: "example.org" };
  const { code, stderr } = await deferred(["serve"], { env });
  expect(code).toBe(1);
  for (const name of Object.keys(env)) expect(stderr).toContain(`${name} has to be`);
  expect(stderr).toMatch(/^error: the settings have mistakes:\n {2}/);
});
