import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { newKeyPair } from "../../../blocks/keys.ts";
import { codeOf, startSystem } from "../system.ts";

const SLUG = "local/demo";

test("anybody may read the keys that may sign for a project, without the revoked ones", async () => {
  const system = await startSystem();
  const headers = { authorization: `Bearer ${system.ownerToken}` };
  const keySet = () => system.call("GET", paths.projectKeys(SLUG));
  const { kid, publicJwk } = await newKeyPair("ES256");
  await system.call("POST", paths.keys(SLUG), { jwk: publicJwk }, headers);

  const response = await keySet();
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  const { kty, crv, x } = system.key;
  const first = { kty, crv, x, kid: system.key.kid, alg: "EdDSA", use: "sig" };
  const second = { ...publicJwk, kid, alg: "ES256", use: "sig" };
  expect(await response.json()).toEqual({ keys: [first, second] });

  await system.call("DELETE", paths.key(SLUG, system.key.kid), undefined, headers);
  expect(await (await keySet()).json()).toEqual({ keys: [second] });
  const preflight = await system.call("OPTIONS", paths.keys(SLUG), undefined, {
    origin: "https://eve.example",
    "access-control-request-method": "POST",
  });
  expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
});

test("a project that is not there has no keys to read", async () => {
  const system = await startSystem();
  expect(await codeOf(await system.call("GET", paths.projectKeys("eve/demo")))).toBe(
    "project_not_found",
  );
});

test("a key by which nothing can be verified is refused", async () => {
  const system = await startSystem();
  const headers = { authorization: `Bearer ${system.ownerToken}` };
  const offTheCurve = { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "B".repeat(42) + "A" };
  const response = await system.call("POST", paths.keys(SLUG), { jwk: offTheCurve }, headers);
  expect(await codeOf(response)).toBe("key_unusable");
});
