import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap.ts";
import { SERVICES } from "../../../responder/services/start.ts";
import { commandTrials } from "./trial.ts";

let t: Awaited<ReturnType<typeof commandTrials>>;
beforeAll(async () => {
  t = await commandTrials(bubblewrap);
});
afterAll(() => t.close());

const has = (name: keyof typeof SERVICES) => SERVICES[name].find() !== undefined;

test.runIf(has("postgresql"))(
  "PostgreSQL is there before the commands, and theirs alone",
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
    console.log("postgresql", (marks[3] as { ran_s: number }).ran_s);
  },
);

test.runIf(has("redis") && has("memcached"))(
  "Redis and memcached answer by their variables",
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

test.runIf(has("mysql"))("MariaDB serves who asks for MySQL", async () => {
  const { url } = await t.repository({
    ".deferred-server":
      "services: [mysql]\ncommands: mariadb -uroot test -Nse 'create table t (a int); insert into t values (7); select a from t'\n",
  });
  const { executed, stdout, stderr, marks } = await t.run(url);
  expect([stdout, stderr]).toEqual(["7\n", ""]);
  expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
  console.log("mysql", (marks[3] as { ran_s: number }).ran_s);
});

test.runIf(has("redis"))(
  "a service that does not come up refuses the run with what it said",
  async () => {
    const { url } = await t.repository({
      ".deferred-server": "services: [redis, memcached]\ncommands: 'true'\n",
    });
    // The port is taken: by nothing but a command's own doing, which is why a run of two commits shows it.
    const { executed } = await t.run(url, { limits: { memory_mb: 60 } });
    expect(executed.cause === "refused" || executed.cause === "memory").toBe(true);
    expect(existsSync("/tmp/redis.sock")).toBe(false);
  },
);
