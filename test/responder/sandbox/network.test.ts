import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RuntimeName } from "../../../protocol/runtimes.ts";
import type { DestinationRules } from "../../../responder/network/destination.ts";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { eventually } from "../../eventually.ts";
import { needsRoot } from "../../needs.ts";
import type { Order, Report } from "./run-trials.ts";
import { trials } from "./trial.ts";

let t: Awaited<ReturnType<typeof trials>>;
let web: Server;
let port: number;
beforeAll(async () => {
  t = await trials(bubblewrap);
  web = createServer((request, response) => response.end(`served ${request.url}\n`));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  ({ port } = web.address() as AddressInfo);
});
afterAll(async () => {
  await t.close();
  web.close();
});

/** Here a host of the internet is this machine's loopback: so private addresses are allowed. */
const rules = (more: Partial<DestinationRules> = {}): DestinationRules => ({
  allowPrivate: true,
  server: { host: "127.0.0.1", port: 1 },
  ...more,
});
const address = () => `http://127.0.0.1:${port}`;

/** Asks the proxy, though the host is a loopback address. */
const fetching = (path: string): Record<RuntimeName, string> => ({
  bash: `no_proxy= NO_PROXY= python3 -c 'import urllib.request as u; print(u.urlopen("${path}").read().decode(), end="")'\n`,
  python: `import os\nos.environ["no_proxy"] = ""\nimport urllib.request as u\nprint(u.urlopen("${path}").read().decode(), end="")\n`,
  node: `import http from "node:http";\nconst proxy = new URL(process.env.http_proxy);\nhttp.get({ host: proxy.hostname, port: proxy.port, path: "${path}" }, (answer) => answer.pipe(process.stdout));\n`,
  ruby: `require "net/http"\nproxy = URI(ENV["http_proxy"])\nprint Net::HTTP.new("127.0.0.1", ${port}, proxy.host, proxy.port, nil, nil).tap { |http| http.instance_variable_set(:@no_proxy, nil) }.get(URI("${path}").path).body\n`,
});

test.each(["bash", "python", "node", "ruby"] as const)(
  "a %s block reaches what its rules allow, as if it had been started plainly",
  async (runtime) => {
    const { ending, stdout, stderr } = await t.run(runtime, fetching(`${address()}/a`)[runtime], {
      network: rules(),
    });
    expect({ ending: ending.cause, code: ending.exitCode, stdout, stderr }).toEqual({
      ending: "exited",
      code: 0,
      stdout: "served /a\n",
      stderr: "",
    });
  },
);

test("without rules it has no way out and no variable that speaks of one", async () => {
  const { stdout } = await t.run("bash", "env | grep -ci proxy; ls /run/share 2>&1 | wc -l\n");
  expect(stdout).toBe("0\n1\n");
});

test("only the hosts that the rules name, and never an address that is not public", async () => {
  const asking = async (url: string, more: Partial<DestinationRules>) => {
    const code = `import os\nos.environ["no_proxy"] = ""\nimport urllib.error, urllib.request as u\ntry: print(u.urlopen("${url}").read().decode())\nexcept urllib.error.HTTPError as e: print(e.code, e.read().decode())\n`;
    return (await t.run("python", code, { network: rules(more) })).stdout;
  };
  const hosts = ["api.example.org", "*.example.com"];
  expect(await asking(address(), { hosts })).toContain(
    "403 127.0.0.1 is not among the hosts allowed here: api.example.org, *.example.com",
  );
  expect(await asking(address(), { hosts: ["127.0.0.1"] })).toContain("served /");
  expect(await asking(address(), { allowPrivate: false })).toMatch(/^403 .*not reached from here/);
  for (const private_ of ["10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "localhost"]) {
    const said = await asking(`http://${private_}:${port}/`, { allowPrivate: false });
    expect(said, private_).toMatch(/^403 /);
  }
  expect(await asking("http://169.254.169.254/", {})).toMatch(/^403 .*not reached from here/);
});

test("the sandbox is else as any other's: environment, processes, descriptors", async () => {
  const look =
    "import os, json\nprint(json.dumps([sorted(k for k in os.environ if 'proxy' not in k.lower()), sorted(os.listdir('/proc/self/fd')), os.getppid(), open('/proc/self/status').read().split('NoNewPrivs:')[1].split()[0]]))\n";
  const plain = await t.run("python", look);
  const networked = await t.run("python", look, { network: rules() });
  expect(JSON.parse(networked.stdout)).toEqual(JSON.parse(plain.stdout));
});

test("limits hold as without, and nothing of it stays", async () => {
  const { ending } = await t.run("python", "while True: pass\n", {
    network: rules(),
    limits: { wall_s: 0.5 },
  });
  expect(ending.cause).toBe("wall_time");
  const bomb = await t.run("python", "x = bytearray(400 * 2 ** 20)\nprint(len(x))\n", {
    network: rules(),
    limits: { memory_mb: 128 },
  });
  expect(bomb.stdout).toBe("");
  const plain = await t.run("bash", "kill -9 $$\n");
  const exit = await t.run("bash", "kill -9 $$\n", { network: rules() });
  const measured = { ranS: 0, cpuS: 0, memoryPeakMb: 0 };
  expect({ ...exit.ending, ...measured }).toEqual({ ...plain.ending, ...measured });
  // Other responders of this host have theirs beside it.
  const all = "/var/cache/deferred-runner/places";
  const isOurs = (name: string) => name.startsWith(`boot-${process.pid}-`);
  const left = () =>
    readdirSync(all)
      .filter(isOurs)
      .flatMap((name) => readdirSync(join(all, name)))
      .filter((name) => name.startsWith("network-"));
  if (process.getuid?.() === 0) await eventually(async () => left().length === 0 || undefined);
});

const NOBODY = 65_534;
test("a responder that is nobody gives the same", needsRoot, async () => {
  const orders: Order[] = [
    { runtime: "python", code: fetching(`${address()}/b`).python, network: rules() },
    { runtime: "bash", code: fetching(`${address()}/c`).bash, network: rules() },
  ];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, "run-trials.ts"), JSON.stringify(orders)],
    { uid: NOBODY, gid: NOBODY, env: { PATH: "/usr/bin:/bin" }, cwd: "/" },
  );
  const { trials } = JSON.parse(stdout) as Report;
  expect(trials.map((one) => one.stdout + one.stderr)).toEqual(["served /b\n", "served /c\n"]);
});
