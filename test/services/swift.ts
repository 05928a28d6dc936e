import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";

/** OpenStack Swift with its S3 API: an S3-compatible server that nobody here wrote. */
export interface Swift {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  /** Makes a bucket that anybody may read; resolves with the URL its objects are below. */
  makeBucket(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** Whether this machine can run it: Debian's packages, and a mount namespace for its configuration. */
export const hasSwift =
  process.getuid?.() === 0 &&
  ["swift-proxy-server", "swift-object-server", "memcached"].every((name) =>
    existsSync(`/usr/bin/${name}`),
  );

const PIPELINE =
  "catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk s3api tempauth slo dlo versioned_writes symlink proxy-logging proxy-server";

export async function startSwift(): Promise<Swift> {
  const folder = mkdtempSync(join(tmpdir(), "deferred-swift-"));
  const [proxy, account, container, object, cache] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const ports = { account, container, object };
  write(folder, "swift.conf", `[swift-hash]\nswift_hash_path_prefix = ${folder}\n`);
  for (const [kind, port] of Object.entries(ports)) {
    mkdirSync(join(folder, "devices/d1"), { recursive: true });
    write(folder, `${kind}-server.conf`, storageServer(folder, kind, port));
  }
  buildRings(folder, ports);
  write(folder, "proxy-server.conf", proxyServer(folder, proxy, cache));

  const children: ChildProcess[] = [];
  let said = "";
  const start = (command: string, ...args: string[]) => {
    // Swift reads /etc/swift/swift.conf wherever the rest of its configuration is.
    const script = `mount --bind ${folder} /etc/swift && exec "$@"`;
    const child = spawn("unshare", ["--mount", "sh", "-c", script, "sh", command, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const note = (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000));
    child.stdout.on("data", note);
    child.stderr.on("data", note);
    children.push(child);
  };
  start("memcached", "-u", "root", "-l", "127.0.0.1", "-p", cache);
  for (const kind of ["account", "container", "object", "proxy"]) {
    start(`swift-${kind}-server`, join(folder, `${kind}-server.conf`));
  }
  const endpoint = `http://127.0.0.1:${proxy}`;
  const alive = () => {
    const ended = children.find((child) => child.exitCode !== null);
    if (ended) throw new Error(`Swift did not start:\n${said}`);
  };
  const stop = async () => {
    const running = children.filter(
      (child) => child.exitCode === null && child.signalCode === null,
    );
    await Promise.all(
      running.map((child) => {
        const exited = once(child, "exit");
        child.kill("SIGKILL");
        return exited;
      }),
    );
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const port of [cache, account, container, object]) {
      await eventually(async () => {
        alive();
        return (await accepts(port)) ? true : undefined;
      });
    }
    const token = await eventually(async () => {
      alive();
      const headers = { "x-auth-user": "test:tester", "x-auth-key": "testing" };
      const response = await fetch(`${endpoint}/auth/v1.0`, { headers }).catch(() => undefined);
      return response?.ok ? response.headers.get("x-auth-token")! : undefined;
    });
    const makeBucket = async (name: string) => {
      const url = `${endpoint}/v1/AUTH_test/${name}`;
      const headers = { "x-auth-token": token, "x-container-read": ".r:*" };
      const response = await fetch(url, { method: "PUT", headers });
      if (!response.ok) throw new Error(`Swift made no bucket: ${response.status}\n${said}`);
      return url;
    };
    return {
      endpoint,
      accessKeyId: "test:tester",
      secretAccessKey: "testing",
      region: "us-east-1",
      makeBucket,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function write(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function storageServer(folder: string, kind: string, port: string): string {
  return `[DEFAULT]
devices = ${folder}/devices
mount_check = false
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = root
swift_dir = ${folder}
fallocate_reserve = 0
[pipeline:main]
pipeline = ${kind}-server
[app:${kind}-server]
use = egg:swift#${kind}
`;
}

function proxyServer(folder: string, port: string, cache: string): string {
  const filters = PIPELINE.split(" ").filter(
    (name, index, all) => name !== "proxy-server" && all.indexOf(name) === index,
  );
  const more: Record<string, string> = {
    cache: `memcache_servers = 127.0.0.1:${cache}`,
    s3api: "s3_acl = false\nlocation = us-east-1",
    tempauth: "user_test_tester = testing .admin",
  };
  const entry: Record<string, string> = { cache: "memcache", "proxy-logging": "proxy_logging" };
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = root
swift_dir = ${folder}
[pipeline:main]
pipeline = ${PIPELINE}
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
error_suppression_limit = 1000000
${filters.map((name) => `[filter:${name}]\nuse = egg:swift#${entry[name] ?? name}\n${more[name] ?? ""}\n`).join("")}`;
}

/** Makes each kind's ring of one device, as `swift-ring-builder` does in three processes a ring. */
function buildRings(folder: string, ports: Record<string, string>): void {
  const made = spawnSync("/usr/bin/python3", ["-c", RINGS, folder, JSON.stringify(ports)], {
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`the rings of Swift: ${made.stdout}${made.stderr}`);
}

const RINGS = `
import json, sys
from swift.common.ring import RingBuilder
folder, ports = sys.argv[1], json.loads(sys.argv[2])
for kind, port in ports.items():
    ring = RingBuilder(6, 1, 1)
    ring.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "d1", "weight": 1})
    ring.rebalance()
    ring.get_ring().save(f"{folder}/{kind}.ring.gz")
`;

function accepts(port: string): Promise<boolean> {
  const socket = connect(Number(port), "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
