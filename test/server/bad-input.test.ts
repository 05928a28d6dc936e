import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { ERRORS } from "../../protocol/errors.ts";
import { paths } from "../../protocol/paths.ts";
import { MAX_RUN_BODY_BYTES } from "../../protocol/sizes.ts";
import { codeOf, startSystem, strangerKey, type System } from "./system.ts";

const code = "print(1)";

/** What each request is answered with; nothing of it may become a run. */
const cases: Record<
  string,
  [expected: keyof typeof ERRORS, send: (system: System) => Promise<Response>]
> = {
  "code that was altered": [
    "code_mismatch",
    async (system) => post(system, { block: await system.sign(code), code: "print(2)" }),
  ],
  "a token that was altered": [
    "signature_invalid",
    async (system) => {
      const [header, payload, signature] = (await system.sign(code)).split(".");
      const claims = JSON.parse(Buffer.from(payload!, "base64url").toString()) as object;
      const forged = Buffer.from(JSON.stringify({ ...claims, cache_s: 9 })).toString("base64url");
      return post(system, { block: `${header}.${forged}.${signature}`, code });
    },
  ],
  "a key this server does not know": [
    "key_unknown",
    async (system) =>
      post(system, { block: await system.sign(code, {}, await strangerKey()), code }),
  ],
  "a project this server does not know": [
    "key_unknown",
    async (system) => post(system, { block: await system.sign(code, { iss: "eve/demo" }), code }),
  ],
  "a key that was revoked": [
    "key_revoked",
    async (system) => {
      const headers = { authorization: `Bearer ${system.ownerToken}` };
      await system.call("DELETE", paths.key("local/demo", system.key.kid), undefined, headers);
      return post(system, { block: await system.sign(code), code });
    },
  ],
  "a block that was taken back": [
    "block_revoked",
    async (system) => {
      const headers = { authorization: `Bearer ${system.ownerToken}` };
      const body = { jti: "taken-back" };
      for (let repeat = 0; repeat < 2; repeat++) {
        const answer = await system.call("POST", paths.revokedBlocks("local/demo"), body, headers);
        expect(answer.status).toBe(201);
      }
      return post(system, { block: await system.sign(code, { jti: "taken-back" }), code });
    },
  ],
  "a block that has expired": [
    "block_expired",
    async (system) => post(system, { block: await system.sign(code, { exp: 1 }), code }),
  ],
  "a block for another server": [
    "audience_wrong",
    async (system) =>
      post(system, { block: await system.sign(code, { aud: "https://x.example" }), code }),
  ],
  "a token of another type": [
    "token_type_wrong",
    async (system) =>
      post(system, {
        block: await new SignJWT({ code })
          .setProtectedHeader({ alg: "HS256", typ: "JWT" })
          .sign(new Uint8Array(32)),
        code,
      }),
  ],
  "alg none": [
    "token_algorithm_refused",
    async (system) => {
      const [, payload] = (await system.sign(code)).split(".");
      return post(system, { block: `${header(system, "none")}.${payload}.`, code });
    },
  ],
  "HS256 with the public key as the secret": [
    "token_algorithm_refused",
    async (system) => {
      const { alg: _, ...rest } = JSON.parse(atob(header(system, "HS256"))) as { alg: string };
      const block = await new SignJWT({ iss: "local/demo" })
        .setProtectedHeader({ alg: "HS256", ...rest })
        .sign(Buffer.from(system.key.x, "base64url"));
      return post(system, { block, code });
    },
  ],
  "a page the author did not name": [
    "origin_refused",
    async (system) =>
      post(
        system,
        { block: await system.sign(code, { origins: ["https://ann.example"] }), code },
        { origin: "https://eve.example" },
      ),
  ],
  "a request without an origin, where the author named pages": [
    "origin_refused",
    async (system) =>
      post(system, { block: await system.sign(code, { origins: ["https://ann.example"] }), code }),
  ],
  "code over 256 KiB": [
    "code_too_large",
    async (system) => post(system, { block: await system.sign(code), code: "x".repeat(262_145) }),
  ],
  "code with a hidden control character": [
    "code_unacceptable",
    async (system) => post(system, { block: await system.sign(code), code: "print(1)\u202e" }),
  ],
  "no code": [
    "code_empty",
    async (system) => post(system, { block: await system.sign(code), code: " " }),
  ],
  "a token over 16 KiB": [
    "token_too_large",
    (system) => post(system, { block: "a".repeat(16_385), code }),
  ],
  "something that is no token": [
    "token_malformed",
    (system) => post(system, { block: "hello", code }),
  ],
  "a body that is not JSON": ["body_not_json", (system) => post(system, "{block:")],
  "a body of another form": ["body_invalid", (system) => post(system, { code })],
  "a body with a member nobody knows": [
    "body_invalid",
    async (system) => post(system, { block: await system.sign(code), code, shell: true }),
  ],
  "a body that is too large": [
    "body_too_large",
    (system) => post(system, `"${"x".repeat(MAX_RUN_BODY_BYTES)}"`),
  ],
  "another content type": [
    "content_type_unsupported",
    (system) => post(system, "{}", { "content-type": "text/plain" }),
  ],
  "a runtime that does not exist": [
    "runtime_unknown",
    async (system) => post(system, { block: await system.sign(code, { runtime: "cobol" }), code }),
  ],
  "a block that readers may edit and that may use the network": [
    "network_edit_refused",
    async (system) =>
      post(system, {
        block: await system.sign(code, { edit: true, limits: { network: true } }),
        code,
      }),
  ],
  "a block that asks for a network that its project does not allow": [
    "network_refused",
    async (system) =>
      post(system, { block: await system.sign(code, { limits: { network: true } }), code }),
  ],
  "an input nobody declared": [
    "input_invalid",
    async (system) => post(system, { block: await system.sign(code), code, inputs: { x: 1 } }),
  ],
};

function header(system: System, alg: string): string {
  return Buffer.from(
    JSON.stringify({ alg, kid: system.key.kid, typ: "deferred-block+jwt" }),
  ).toString("base64url");
}

function post(system: System, body: unknown, headers: Record<string, string> = {}) {
  return system.call("POST", paths.runs, body, headers);
}

test.for(Object.entries(cases))(
  "%s is refused with its own code, and makes no run",
  async ([, [expected, send]]) => {
    const system = await startSystem();
    const response = await send(system);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(await codeOf(response)).toBe(expected);
    expect(response.status).toBe(ERRORS[expected][0]);
    await system.close();
    const { openSqlite } = await import("../../server/database/sqlite.ts");
    const database = await openSqlite(system.folder.database);
    expect(await database.queries.selectFrom("runs").select("id").execute()).toEqual([]);
    expect(await database.queries.selectFrom("machines").select("launch_id").execute()).toEqual([]);
    await database.close();
  },
);

test("a run nobody knows is refused wherever its id may stand", async () => {
  const system = await startSystem();
  for (const path of [
    paths.run("x"),
    paths.runEvents("x"),
    paths.runResult("x"),
    `${paths.events}?runs=x`,
  ]) {
    expect(await codeOf(await system.call("GET", path))).toBe("run_not_found");
  }
  const headers = { authorization: "Bearer 1.x" };
  expect(await codeOf(await system.call("DELETE", paths.run("x"), undefined, headers))).toBe(
    "run_not_found",
  );
});

test("queries and headers of another form are refused", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  for (const runs of [
    "",
    ",",
    "a:b",
    "../x",
    `${id}:-1`,
    Array(65)
      .fill(0)
      .map((_, i) => `r${i}`)
      .join(),
  ]) {
    expect(await codeOf(await system.call("GET", `${paths.events}?runs=${runs}`))).toBe(
      "query_invalid",
    );
  }
  const headers = { "last-event-id": "x" };
  expect(await codeOf(await system.call("GET", paths.runEvents(id), undefined, headers))).toBe(
    "header_invalid",
  );
});

test("an address that is not there is a problem document too", async () => {
  const system = await startSystem();
  expect(await codeOf(await system.call("GET", "/v1/nothing"))).toBe("not_found");
});

test("the owner's calls need the owner's token", async () => {
  const system = await startSystem();
  const list = (headers: Record<string, string>, slug = "local/demo") =>
    system.call("GET", paths.keys(slug), undefined, headers);
  expect(await codeOf(await list({}))).toBe("token_missing");
  expect(await codeOf(await list({ authorization: "Bearer x" }))).toBe("token_wrong");
  const headers = { authorization: `Bearer ${system.ownerToken}` };
  expect(await codeOf(await list(headers, "eve/demo"))).toBe("project_not_found");
  expect((await list(headers)).status).toBe(200);
  const add = (jwk: unknown) => system.call("POST", paths.keys("local/demo"), { jwk }, headers);
  const { kty, crv, x } = await strangerKey();
  expect((await add({ kty, crv, x })).status).toBe(201);
  expect(await codeOf(await add({ kty, crv, x }))).toBe("key_exists");
  expect(await codeOf(await add(await strangerKey()))).toBe("body_invalid");
  const gone = await system.call("DELETE", paths.key("local/demo", "x"), undefined, headers);
  expect(await codeOf(gone)).toBe("key_not_found");
});
