import { afterAll, beforeAll, expect, test } from "vitest";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { DEFAULT_LIMITS } from "../../../protocol/limits.ts";
import type { Service } from "../../../responder/services/service.ts";
import { SERVICES, startService } from "../../../responder/services/start.ts";
import { needs } from "../../needs.ts";
import { commandTrials } from "./trial.ts";

let t: Awaited<ReturnType<typeof commandTrials>>;
beforeAll(async () => {
  t = await commandTrials(bubblewrap);
});
afterAll(() => t.close());

const has = (name: keyof typeof SERVICES) => SERVICES[name].find() !== undefined;

test(
  "PostgreSQL is there before the commands, and theirs alone",
  needs(has("postgresql"), "PostgreSQL"),
  async () => {
    const { url } = await t.repository({
      ".deferred-server":
        "services: [postgresql]\ncommands:\n  - psql -Atc 'select 6 * 7'\n  - psql $DATABASE_URL -Atc 'create table t (a int); select count(*) from t'\n",
    });
    const { executed, stdout, stderr, marks } = await t.run(url);
    expect(stderr).toBe("");
    expect(stdout).toBe("42\nCREATE TABLE\n0\n");
    expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
    expect(marks[2]).toMatchObject({ kind: "service", name: "Start PostgreSQL" });

    // The second time its data is there already, as new.
    const again = await t.run(url);
    expect(again.stdout).toBe("42\nCREATE TABLE\n0\n");
  },
);

test(
  "Redis and memcached answer by their variables",
  needs(has("redis") && has("memcached"), "Redis and memcached"),
  async () => {
    const { url } = await t.repository({
      ".deferred-server":
        "services: [redis, memcached]\ncommands:\n  - redis-cli -u $REDIS_URL set a b; redis-cli get a\n  - exec 3<>/dev/tcp/${MEMCACHE_SERVERS/:/\\/}; echo version >&3; head -c 7 <&3\n",
    });
    const { executed, stdout } = await t.run(url);
    expect(stdout).toBe("OK\nb\nVERSION");
    expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
  },
);

test(
  "a service's version is the one that is asked for, or none",
  needs(has("redis"), "Redis"),
  async () => {
    const asking = async (version: string) => {
      const text = `services: [redis@${version}]\ncommands: redis-cli info server | grep -o redis_version\n`;
      const { url } = await t.repository({ ".deferred-server": text });
      return t.run(url);
    };
    const { executed } = await asking("2");
    expect(executed).toMatchObject({ cause: "refused", reason: "file_invalid" });
    const [, there = ""] =
      /asks for redis@2, and this machine has (\d+)\./.exec(executed.detail!) ?? [];
    expect((await asking(there)).stdout).toBe("redis_version\n");
  },
);

test("MariaDB serves who asks for MySQL", needs(has("mysql"), "MariaDB"), async () => {
  const { url } = await t.repository({
    ".deferred-server":
      "services: [mysql]\ncommands: mariadb -uroot test -Nse 'create table t (a int); insert into t values (7); select a from t'\n",
  });
  const { executed, stdout, stderr } = await t.run(url);
  expect([stdout, stderr]).toEqual(["7\n", ""]);
  expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
});

test(
  "its clients need no name, as little as PostgreSQL's do",
  needs(has("mysql"), "MariaDB"),
  async () => {
    const { url } = await t.repository({
      ".deferred-server":
        "services: [mysql]\ncommands:\n  - mysql -Nse 'select current_user()'\n  - mysql test -Nse 'create table t (a int); insert into t values (7); select a from t'\n  - mariadb -h localhost -Nse 'create database other; select 8'\n  - mariadb-dump test t | grep -c 'INSERT INTO'\n",
    });
    const { executed, stdout, stderr } = await t.run(url);
    expect([stdout, stderr]).toEqual(["runner@127.0.0.1\n7\n8\n1\n", ""]);
    expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
  },
);

test("a service that does not come up refuses the run with the last of what it said", async () => {
  const workspace = t.sandbox.makeWorkspace();
  const box = await t.sandbox.enter(workspace);
  const broken: Service = {
    ...SERVICES.redis,
    prepare: () => [],
    start: () => ["bash", "-c", "seq 100; echo no room >&2; exit 1"],
  };
  const at = { services: t.sandbox.inside(workspace).services, env: { PATH: "/usr/bin:/bin" } };
  const { signal } = new AbortController();
  const running = box.run(
    DEFAULT_LIMITS,
    async (supervisor) => {
      await startService(broken, "/usr/bin", supervisor, at);
      return 0;
    },
    () => {},
    signal,
  );
  await expect(running).rejects.toMatchObject({
    code: "service_failed",
    message: expect.stringMatching(/^Redis ended at its start:\n87\n(.*\n)*100\nno room$/),
  });
  await box.discard();
  await t.sandbox.removeWorkspace(workspace);
});
