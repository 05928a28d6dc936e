import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { startSystem } from "../system.ts";

test("a block's holder hears why the server would refuse it, without a run", async () => {
  const system = await startSystem();
  const good = await system.sign("print(1)", { origins: ["https://blog.example"] });
  const [header, payload, signature] = good.split(".");
  const forged = [header, payload, `A${signature!.slice(1)}`].join(".");
  const ended = await system.sign("print(1)", { exp: 1 });
  const elsewhere = await system.sign("print(1)", { aud: "https://other.example" });
  const blocks = [good, forged, ended, "no.token", elsewhere];
  const response = await system.call("POST", paths.blockChecks, { blocks });
  expect(response.status).toBe(200);
  const { checks } = (await response.json()) as { checks: ({ code: string } | null)[] };
  expect(checks.map((check) => check?.code)).toEqual([
    undefined,
    "signature_invalid",
    "block_expired",
    "token_malformed",
    "audience_wrong",
  ]);
});

test("no call holds more tokens than it may", async () => {
  const system = await startSystem();
  const blocks = Array.from({ length: 65 }, () => "a.b.c");
  const response = await system.call("POST", paths.blockChecks, { blocks });
  expect(response.status).toBe(422);
});
