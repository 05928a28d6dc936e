import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { RunCreated } from "../../../protocol/run.ts";
import { newKeyPair } from "../../../blocks/keys.ts";
import { FIRST_PROJECT } from "../../../server/settings/data-folder.ts";
import { listen } from "../../../server/http/listen.ts";
import { eventually } from "../../eventually.ts";
import { LARGE_END } from "../played-machine.ts";
import { resultOf, startSystem, type System } from "../system.ts";

const CODE = "print(1)";
const DAY_S = 24 * 3600;
type Answer = RunCreated & { status: number };

/** Asks for one block, whose result may answer for a minute; `send` says by which way. */
async function asking(
  system: System,
  send = (body: object) => system.call("POST", paths.runs, body),
) {
  const iat = Math.floor(Date.now() / 1000) - 2 * DAY_S;
  const block = await system.sign(CODE, { cache_s: 60, iat });
  return async (more: object = {}): Promise<Answer> => {
    const response = await send({ block, code: CODE, ...more });
    return { ...((await response.json()) as RunCreated), status: response.status };
  };
}

test("two hundred at once, over real connections, share one run and then its result", async () => {
  const system = await startSystem();
  const listener = await listen("127.0.0.1", 0, (request) => system.app.fetch(request));
  onTestFinished(() => listener.close());
  const ask = await asking(system, (body) =>
    fetch(`http://127.0.0.1:${listener.port}${paths.runs}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
  const crowd = () => Promise.all(Array.from({ length: 200 }, () => ask()));
  const first = await crowd();
  expect(new Set(first.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(first.map(({ id }) => id)).size).toBe(1);
  expect(new Set(first.map(({ cancel_token: token }) => token)).size).toBe(200);

  const machine = await system.machine();
  const held = await machine.claimOne();
  // While it ends, whoever asks gets it: as one in flight, or as one that is stored.
  const [during] = await Promise.all([crowd(), machine.finish(held)]);
  for (const { id, status, stored } of [...during, ...(await crowd())]) {
    expect({ id, stored: stored?.id }).toEqual({
      id: held.run,
      stored: status === 200 ? id : undefined,
    });
  }
  expect(await machine.claim(1, 0)).toEqual([]);
  const metrics = await (await system.call("GET", "/metrics")).text();
  const counted = metrics.matchAll(/^deferred_requests_shared_total\{.*\} (\d+)$/gm);
  expect([...counted].reduce((sum, [, count]) => sum + Number(count), 0)).toBe(599);
});

test("one block is one run, whichever of its valid signatures comes with it", async () => {
  const system = await startSystem({ DEFERRED_RATE_BLOCK: "1" });
  const { privateJwk, publicJwk } = await newKeyPair("ES256");
  const owner = { authorization: `Bearer ${system.ownerToken}` };
  const keys = await system.call("POST", paths.keys(FIRST_PROJECT), { jwk: publicJwk }, owner);
  expect(keys.status).toBe(201);
  const facts = { cache_s: 60, iat: Math.floor(Date.now() / 1000), jti: "one" };
  const sign = () => system.sign(CODE, facts, privateJwk);
  const token = await sign();
  const tokens = [token, await sign(), await sign(), otherSignature(token)];
  expect(new Set(tokens).size).toBe(4);
  expect(new Set(tokens.map((one) => one.slice(0, one.lastIndexOf(".")))).size).toBe(1);

  const ask = async (block: string) => {
    const response = await system.call("POST", paths.runs, { block, code: CODE });
    return { status: response.status, ...((await response.json()) as RunCreated) };
  };
  const joined = await Promise.all(tokens.map(ask));
  expect(joined.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
  expect(new Set(joined.map(({ id }) => id)).size).toBe(1);
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  for (const one of tokens)
    expect(await ask(one)).toMatchObject({ status: 200, id: joined[0]!.id });
  const { receipt } = await resultOf(system, joined[0]!.id);
  const claims = Buffer.from(receipt.split(".")[1]!, "base64url").toString();
  expect(JSON.parse(claims)).toMatchObject({
    block: createHash("sha256")
      .update(token.slice(0, token.lastIndexOf(".")))
      .digest("base64url"),
  });
  // Nor has each signature a rate of its own.
  const codes = await Promise.all(
    tokens.map(async (block) => {
      const body = { block, code: CODE, fresh: true };
      return (await system.call("POST", paths.runs, body)).status;
    }),
  );
  expect(codes).toEqual([429, 429, 429, 429]);
});

/** The other signature that ECDSA has for the same text: (r, n - s) in place of (r, s). */
function otherSignature(token: string): string {
  const [header, payload, signature] = token.split(".");
  const bytes = Buffer.from(signature!, "base64url");
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = order - BigInt(`0x${bytes.subarray(32).toString("hex")}`);
  const other = Buffer.concat([
    bytes.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, "0"), "hex"),
  ]);
  return `${header}.${payload}.${other.toString("base64url")}`;
}

test("who joins a run while its last caller leaves gets one that goes on", async () => {
  const system = await startSystem();
  const ask = await asking(system);
  for (let repeat = 0; repeat < 20; repeat++) {
    const first = await ask({ fresh: true });
    const authorization = `Bearer ${first.cancel_token}`;
    const leave = () => system.call("DELETE", paths.run(first.id), undefined, { authorization });
    const calls = repeat % 2 ? [leave(), ask()] : [ask(), leave()];
    const answers = await Promise.all(calls);
    const joined = answers.find((answer): answer is Answer => "run_url" in answer)!;
    expect(joined.status).toBe(202);
    expect((await system.view(joined.id)).state).not.toBe("canceled");
    const rest = { authorization: `Bearer ${joined.cancel_token}` };
    await system.call("DELETE", paths.run(joined.id), undefined, rest);
    expect((await system.view(joined.id)).state).toBe("canceled");
  }
});

test("a result that storage has not taken answers, but is not offered from there", async () => {
  const system = await startSystem();
  const ask = await asking(system);
  const { id, run_url } = await ask();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const blocked = join(system.folder.storage, "objects/results");
  await mkdir(join(blocked, ".."), { recursive: true });
  await writeFile(blocked, "no folder");
  await machine.finish(held, {}, LARGE_END);

  expect(await ask()).toMatchObject({ status: 200, id, state: "succeeded", run_url });
  expect((await ask()).stored).toBeUndefined();
  const fresh = await ask({ fresh: true });
  expect(fresh.status).toBe(202);
  expect(fresh.stored).toBeUndefined();
  await rm(blocked);
  const stored = await eventually(async () => (await ask({ fresh: true })).stored);
  expect(stored).toMatchObject({ id });
});

test("a result that a clock which went wrong put into the future answers nobody", async () => {
  const system = await startSystem();
  const ask = await asking(system);
  const right = Date.now();
  const askAt = (now: number) => {
    vi.useFakeTimers({ toFake: ["Date"], now });
    return ask();
  };
  onTestFinished(() => void vi.useRealTimers());
  const first = await askAt(right + DAY_S * 1000);
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  const soon = await askAt(right + (DAY_S + 30) * 1000);
  expect(soon).toMatchObject({ id: first.id, status: 200 });
  // Set back, the clock comes to that moment a day later.
  const second = await askAt(right);
  expect(second.status).toBe(202);
  expect(second.stored).toBeUndefined();
  await machine.finish(await machine.claimOne());
  expect(await askAt(right + 30_000)).toMatchObject({ id: second.id, status: 200 });
  const third = await askAt(right + 61_000);
  expect(third).toMatchObject({ status: 202, stored: { id: second.id } });
});
