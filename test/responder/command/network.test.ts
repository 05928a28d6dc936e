import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { destination } from "../../../responder/network/destination.ts";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { commandTrials, type TrialOptions } from "./trial.ts";

let t: Awaited<ReturnType<typeof commandTrials>>;
let web: Server;
let port: number;
/** What requests brought. */
const bodies: string[] = [];
beforeAll(async () => {
  t = await commandTrials(bubblewrap);
  web = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      bodies.push(body);
      response.end(
        `${request.method} ${request.headers.host} ${String(request.headers["proxy-connection"])}\n`,
      );
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => web.once("listening", resolve));
  ({ port } = web.address() as AddressInfo);
});
afterAll(async () => {
  await t.close();
  web.close();
});

let made: Promise<{ url: string }> | undefined;
async function exec(command: string, options: TrialOptions = {}) {
  const { url } = await (made ??= t.repository({ a: "" }));
  const { stdout, stderr } = await t.run(url, { task: { do: "exec", command }, ...options });
  return stdout + stderr;
}
const networked = { limits: { network: true } };
test("commands reach the network by the proxy that their variables name", async () => {
  const said = await exec(
    `curl -sS http://localhost.localdomain.invalid:${port}/ ; curl -sS --noproxy '' http://127.0.0.1:${port}/; curl -sSp --noproxy '' http://127.0.0.1:${port}/; no_proxy= NO_PROXY= python3 -c 'import urllib.request as u; print(u.urlopen("http://127.0.0.1:${port}/").read().decode())'; node -e 'console.log(process.env.NODE_USE_ENV_PROXY)'`,
    networked,
  );
  expect(said).toContain("there is no host localhost.localdomain.invalid");
  expect(said.match(new RegExp(`GET 127.0.0.1:${port} undefined`, "g"))).toHaveLength(3);
  expect(said).toContain("\n1\n");
});

test("a body of any method keeps its end", async () => {
  const said = await exec(
    `printf x | curl -sS --noproxy '' -X DELETE -H 'transfer-encoding: chunked' --data-binary @- http://127.0.0.1:${port}/`,
    networked,
  );
  expect(said).toBe(`DELETE 127.0.0.1:${port} undefined\n`);
  expect(bodies.at(-1)).toBe("x");
});

test("git clones through it", async () => {
  const { url } = await t.repository({ file: "cloned\n" });
  const said = await exec(`no_proxy= git clone -q ${url} other && cat other/file`, networked);
  expect(said).toBe("cloned\n");
});

test("the machine's metadata is out of reach for commands", async () => {
  const said = await exec(
    "curl -sS http://169.254.169.254/latest/; curl -sSp http://169.254.169.254/; curl -sS http://[fd00:ec2::254]/",
    networked,
  );
  expect(said.match(/not reached from here/g)).toHaveLength(2);
  expect(said).toMatch(/curl: .*403/);
});

test("a file that wants no network has none, whatever the project has", async () => {
  const { url } = await t.repository({
    ".deferred-server": "network: false\ncommands: env | grep -ci proxy || ls /run/share\n",
  });
  expect((await t.run(url, networked)).stdout).toBe("0\n");
});

test("there is no other way, and none at all where the network is off", async () => {
  const direct = `curl -sS --noproxy '*' -m 2 http://127.0.0.1:${port}/; curl -sS --noproxy '*' -m 2 http://1.1.1.1/`;
  const said = await exec(direct, networked);
  expect(said).not.toContain("GET");
  expect(said.match(/curl: \(7\)/g)).toHaveLength(2);
  const off = await exec(`env | grep -i proxy; ls /run/share; ${direct}`);
  expect(off).not.toContain("GET");
  expect(off).toMatch(/^curl: \(7\)/);
});

test("the responder's own server is not reached, private addresses or not", async () => {
  const rules = { allowPrivate: true, server: { host: "127.0.0.1", port } };
  for (const host of [
    "127.0.0.1",
    "localhost",
    "0.0.0.0",
    "::1",
    "127.1.2.3",
    "::ffff:127.0.0.1",
  ]) {
    expect([host, await destination(host, port, rules).catch(String)]).toEqual([
      host,
      expect.stringContaining("DestinationRefused"),
    ]);
  }
  expect(await destination("127.0.0.1", port + 1, rules)).toBe("127.0.0.1");
});

test.each([
  "127.0.0.1",
  "10.1.2.3",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "169.254.169.254",
  "0.0.0.0",
  "224.0.0.1",
  "255.255.255.255",
  "::1",
  "::",
  "fe80::1",
  "fd00:ec2::254",
  "fc00::1",
  "::ffff:10.0.0.1",
  "64:ff9b::a00:1",
  "2002:a00:1::",
])("%s is nobody's public address", async (address) => {
  const rules = { allowPrivate: false, server: { host: "example.org", port: 443 } };
  const lookUp = async () => [address];
  await expect(destination("some.example", 443, { ...rules, lookUp })).rejects.toThrow(
    "is not reached from here",
  );
});

test.each([
  ...["169.254.169.254", "fd00:ec2::254", "0.0.0.0", "fe80::1", "::ffff:169.254.169.254"],
  ...["fd20:ce::254", "192.0.0.192", "100.100.100.200", "168.63.129.16"],
])("%s is out of reach even where private addresses are allowed", async (address) => {
  const rules = { allowPrivate: true, server: { host: "127.0.0.1", port: 443 } };
  await expect(
    destination("some.example", 80, { ...rules, lookUp: async () => [address] }),
  ).rejects.toThrow("is not reached from here");
});

test("a name that is public and private at once leads to what is public alone; mail goes nowhere", async () => {
  const rules = { allowPrivate: false, server: { host: "127.0.0.1", port: 443 } };
  const lookUp = async (host: string) => (host === "two.example" ? ["10.0.0.1", "8.8.8.8"] : []);
  expect(await destination("two.example", 443, { ...rules, lookUp })).toBe("8.8.8.8");
  await expect(destination("two.example", 25, { ...rules, lookUp })).rejects.toThrow("port 25");
  await expect(destination("no.example", 80, { ...rules, lookUp })).rejects.toThrow("no host");
});
