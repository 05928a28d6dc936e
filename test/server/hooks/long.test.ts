import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { listen } from "../../../server/http/listen.ts";
import { makeProject } from "../projects/project.ts";
import { codeOf, startSystem } from "../system.ts";
import { githubHeaders, pushBody } from "./senders.ts";

/** A project's webhook behind a real connection. */
async function stage() {
  const system = await startSystem();
  const project = await makeProject(system, {});
  const listener = await listen("127.0.0.1", 0, (request, environment) =>
    system.app.fetch(request, environment),
  );
  onTestFinished(() => listener.close());
  const path = project.hookPath("github");
  const send = (body: BodyInit, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${listener.port}${path}`, {
      ...{ method: "POST", headers, body, duplex: "half" },
    });
  const waiting = () => readdir(join(system.folder.root, "bodies")).catch(() => []);
  return { system, project, send, waiting };
}

const long = (megabytes: number) =>
  pushBody("a".repeat(40), { padding: "é\u{1f600}".repeat(megabytes * 200_000) });

test.each([
  ["in memory", "x".repeat(1000)],
  ["in a file", "é\u{1f600}".repeat(900_000)],
  ["as long as one may be", "x".repeat(24 * 2 ** 20)],
])("a signed delivery that waits %s makes its run, and is stored whole", async (_, padding) => {
  const { system, project, send, waiting } = await stage();
  const body = pushBody("a".repeat(40), { padding });
  const response = await send(body, githubHeaders(body, project.secret));
  expect(response.status).toBe(202);
  const { delivery, outcome } = (await response.json()) as { delivery: string; outcome: string };
  expect(outcome).toBe("run");
  const authorization = { authorization: `Bearer ${system.ownerToken}` };
  const path = paths.delivery(project.slug, delivery);
  const stored = await system.call("GET", path, undefined, authorization);
  expect(((await stored.json()) as { body: string }).body === body).toBe(true);
  expect(await waiting()).toEqual([]);
});

test("one that comes in chunks is checked over the very same bytes", async () => {
  const { project, send } = await stage();
  const body = long(3);
  const bytes = Buffer.from(body);
  // Pieces that cut letters in two.
  const chunks = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 77_777)
        controller.enqueue(bytes.subarray(at, at + 77_777));
      controller.close();
    },
  });
  expect((await send(chunks, githubHeaders(body, project.secret))).status).toBe(202);
});

test("a long one that is wrongly signed, or too long, leaves nothing behind", async () => {
  const { project, send, waiting } = await stage();
  const body = long(3);
  const changed = `${body.slice(0, -1)} }`;
  const wrong = await send(changed, githubHeaders(body, project.secret));
  expect(await codeOf(wrong)).toBe("hook_signature_wrong");
  const tooLong = new Uint8Array(25 * 2 ** 20 + 1);
  const refused = await send(tooLong, githubHeaders(body, project.secret)).catch(() => undefined);
  if (refused) expect(await codeOf(refused)).toBe("body_too_large");
  expect(await waiting()).toEqual([]);
});
