import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { watchDisk } from "../../../responder/command/disk.ts";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { groupName } from "../../../responder/sandbox/cgroup/find.ts";
import { workspacesFolder } from "../../../responder/sandbox/workspace.ts";
import { startGitServer } from "../../services/git-server.ts";
import { needsRoot } from "../../needs.ts";
import { commandTrials } from "./trial.ts";

let t: Awaited<ReturnType<typeof commandTrials>>;
beforeAll(async () => {
  t = await commandTrials(bubblewrap);
});
afterAll(() => t.close());

const exec = (command: string) => ({ task: { do: "exec", command } as const });

test("two projects' commands share no path, process, port or socket on one machine", async () => {
  const one = await t.repository({ a: "one" });
  const two = await t.repository({ a: "two" });
  const stop = new AbortController();
  const up = Promise.withResolvers<void>();
  const first = t.run(one.url, {
    ...exec(
      `for d in /tmp $HOME /dev/shm /srv /work/app; do echo secret >$d/mark; done
       python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 7777)); s.listen()
a = socket.socket(socket.AF_UNIX); a.bind("\\0mark"); a.listen()
print("up", flush=True); time.sleep(60)'`,
    ),
    project: "ada/one",
    signal: stop.signal,
    onOutput: () => up.resolve(),
  });
  await up.promise;
  const { stdout } = await t.run(two.url, {
    ...exec(
      `find /tmp $HOME /dev/shm /srv /work /run /var -name mark 2>/dev/null
       ls /work; pgrep -c python3
       (exec 3<>/dev/tcp/127.0.0.1/7777) 2>/dev/null && echo connected
       python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("\\0mark")' 2>/dev/null && echo connected
       echo $$`,
    ),
    project: "bob/two",
  });
  expect(stdout).toMatch(/^two\n0\n\d{1,2}\n$/);
  stop.abort();
  expect((await first).executed.cause).toBe("stopped");
});

test("nothing of the responder's is seen: no credential, mirror, launch file or other attempt", async () => {
  const root = mkdtempSync(join(tmpdir(), "deferred-login-"));
  const login = { user: "ada", token: "the-deploy-token" };
  const { bare } = await t.repository({
    ".deferred-server": "secrets: [ONE]\ncommands: sleep 0\n",
  });
  mkdirSync(root, { recursive: true });
  execFileSync("cp", ["-r", bare, join(root, "app.git")]);
  const git = await startGitServer(root, { login });
  writeFileSync(join(t.state, "launch.json"), "the registration token");
  const { executed, stdout } = await t.run(`${git.url}/app.git`, {
    ...exec(
      `git config --list --show-origin; cat .git/config; env; cat /proc/[0-9]*/environ | tr '\\0' '\\n'; cat /proc/[0-9]*/cmdline | tr '\\0' ' '
       for p in ${t.state} /var/cache /root /home/ada /etc/shadow /etc/deferred /opt/deferred; do [ -e $p ] && echo "the""re: $p"; done
       ls -d /home/* /run/* /opt/* /var/*; mount | grep -c mirrors; ls -la /work/ | wc -l`,
    ),
    repository: {
      url: `${git.url}/app.git`,
      credential: { kind: "token", ...login },
      submodules: false,
      lfs: false,
      allow_private: true,
    },
    secrets: { ONE: "named-secret", TWO: "other-secret" },
  });
  expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
  expect(stdout).not.toMatch(/the-deploy-token|dGhlLWRlcGxveS|other-secret|registration|there: /);
  expect(stdout).toContain(`remote.origin.url=${git.url}/app.git\n`);
  expect(stdout).toContain("/home/runner\n/opt/node\n/run/deferred\n/run/share\n/var/lib\n");
  await git.close();
  rmSync(root, { recursive: true, force: true });
});

test("a command can write to its work tree and nothing around it", async () => {
  const { url } = await t.repository({ a: "" });
  const { stdout } = await t.run(
    url,
    exec(
      "for p in /work/x /work/app/x /run/share/x /usr/x /etc/x /opt/x /home/x /x /srv/x /tmp/x; do (echo x >$p) 2>/dev/null && echo $p; done",
    ),
  );
  expect(stdout).toBe("/work/app/x\n/srv/x\n/tmp/x\n");
});

test("nothing is left of a run: no folder, process or control group", async () => {
  const { url } = await t.repository({ a: "" });
  await t.run(
    url,
    exec(`(setsid sleep 61.${process.pid} &) ; mkdir -p a/b; chmod 0 a; touch $HOME/x`),
  );
  const places = workspacesFolder(t.state);
  // One waits for the next run, with nothing in it.
  await expect.poll(() => readdirSync(places)).toHaveLength(1);
  const [waiting = ""] = readdirSync(places);
  for (const part of ["work", "home", "tmp", "services", "share"]) {
    expect(readdirSync(join(places, waiting, part))).toEqual([]);
  }
  const processes = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
  expect(processes()).not.toContain(`sleep 61.${process.pid}`);
  const name = groupName(1).replace(/1$/, "");
  const groups = () =>
    execFileSync("find", ["/sys/fs/cgroup", "-name", `${name}*`], { encoding: "utf8" });
  const left = () =>
    new Set(
      groups()
        .trim()
        .split("\n")
        .map((path) => path.split("/").at(-1)),
    );
  if (existsSync("/sys/fs/cgroup")) await expect.poll(() => left().size).toBeLessThanOrEqual(1);
});

test("what a responder that was killed left goes at the next start", () => {
  const places = workspacesFolder(t.state);
  const left = join(places, "../boot-1-0");
  mkdirSync(join(left, "run-x/work"), { recursive: true });
  expect(workspacesFolder(t.state)).toBe(places);
  expect(existsSync(left)).toBe(false);
});

test("folders deeper than any call takes are removed with the rest", async () => {
  const { url } = await t.repository({ a: "" });
  const deep = "import os\nfor _ in range(3000):\n  os.mkdir('d' * 50)\n  os.chdir('d' * 50)\n";
  const { executed } = await t.run(
    url,
    exec(`python3 -c "${deep}" && cd ~ && python3 -c "${deep}"`),
  );
  expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
  await expect.poll(() => readdirSync(workspacesFolder(t.state))).toHaveLength(1);
});

test("a command that ends every node there is goes on itself", async () => {
  const { url } = await t.repository({ a: "" });
  const { executed, stdout } = await t.run(url, exec("pkill -9 node; pkill node; echo went on"));
  expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
  expect(stdout).toBe("went on\n");
});

test("a supervisor that a command kills ends the run, which is nobody's fault but its own", async () => {
  const { url } = await t.repository({ a: "" });
  const { executed } = await t.run(url, exec("echo up; kill -9 -1; sleep 60"));
  expect(executed).toMatchObject({ cause: "exited", exitCode: 137 });
});

test("what may write to the supervisor's channel only confuses itself", async () => {
  const { url } = await t.repository({ a: "" });
  const { executed, stdout } = await t.run(
    url,
    exec(
      `for f in /proc/2/fd/*; do echo '{"id":1,"result":{}}' >$f; echo not json >$f; done 2>/dev/null; echo went on`,
    ),
  );
  expect(executed.cause).toBe("exited");
  expect(stdout).toContain("went on");
});

test("memory that is used up ends the commands, and it is said", async () => {
  const { url } = await t.repository({ a: "" });
  const { executed, story } = await t.run(url, {
    ...exec("python3 -c 'x = bytes(1) * 900_000_000; y = [*x]'"),
    limits: { memory_mb: 256 },
  });
  expect(executed.cause).toBe("memory");
  expect(story.at(-1)).toMatch(/^-/);
});

test("a disk that fills is noticed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "deferred-disk-"));
  const full = Promise.withResolvers<string>();
  const watched = watchDisk(folder, ({ code }) => full.resolve(code), 2 ** 20);
  writeFileSync(join(folder, "a"), Buffer.alloc(2 ** 21, 1));
  expect(await full.promise).toBe("disk_full");
  watched.end();
  rmSync(folder, { recursive: true });
});

describe("on a small disk", needsRoot, () => {
  /** A disk of its own with two runs' folders, and what is said to each. */
  function smallDisk(options: string) {
    const disk = mkdtempSync(join(tmpdir(), "deferred-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk]);
    const folders = ["bomb", "beside"].map((name) => join(disk, name));
    for (const folder of folders) mkdirSync(folder);
    const ended: string[] = [];
    const bomb = Promise.withResolvers<string>();
    const watched = folders.map((folder, index) =>
      watchDisk(folder, ({ code, message }) => {
        ended.push(folder);
        expect(code).toBe("disk_full");
        if (index === 0) bomb.resolve(message);
      }),
    );
    onTestFinished(() => {
      for (const one of watched) one.end();
      execFileSync("umount", ["--lazy", disk]);
      rmSync(disk, { recursive: true });
    });
    return { folder: folders[0]!, bomb: bomb.promise, ended };
  }

  test("many small files are noticed as well, and end their own run alone", async () => {
    const { folder, bomb, ended } = smallDisk("nr_inodes=1000");
    for (let made = 0; made < 600; made++) writeFileSync(join(folder, String(made)), "");
    expect(await bomb).toContain("more than the disk has room for");
    expect(ended).toEqual([folder]);
  });

  test("what all but fills it ends alone, and the run beside it goes on", async () => {
    const { folder, bomb, ended } = smallDisk("size=200m");
    writeFileSync(join(folder, "a"), Buffer.alloc(160 * 2 ** 20));
    expect(await bomb).toContain("They wrote more than 100 MiB");
    expect(ended).toEqual([folder]);
  });

  test("what has no name, and is in no folder, ends all of them while there is room left", async () => {
    const { folder, bomb, ended } = smallDisk("size=200m");
    const fd = openSync(join(folder, "a"), "wx");
    rmSync(join(folder, "a"));
    for (let part = 0; part < 180; part++) writeSync(fd, Buffer.alloc(2 ** 20));
    expect(await bomb).toContain("The machine's disk is full");
    await expect.poll(() => ended.length).toBe(2);
    closeSync(fd);
  });
});
