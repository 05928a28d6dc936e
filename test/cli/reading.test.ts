import { describe, expect, test } from "vitest";
import { parseDuration } from "../../protocol/durations.ts";
import { parsePublicKey } from "../../cli/keys/public-key.ts";
import { streamEvents } from "../../cli/run/event-stream.ts";
import { findBlocks } from "../../cli/page/blocks.ts";
import { terminalFilter } from "../../protocol/terminal-text.ts";
import { exitCodeOf } from "../../cli/run/words.ts";

const A = "A".repeat(43);

describe("times", () => {
  test.each([
    ["45", 45],
    ["30m", 1800],
    ["1.5h", 5400],
    ["90d", 7_776_000],
    ["2 w", 1_209_600],
    ["h", undefined],
    ["1y", undefined],
    ["-1h", undefined],
  ])("%j is %j seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});

describe("an event stream", () => {
  async function eventsOf(...pieces: string[]) {
    async function* bytes() {
      for (const piece of pieces) yield new TextEncoder().encode(piece);
    }
    return Array.fromAsync(streamEvents(bytes()));
  }

  test("is read whatever its line ends and wherever it is cut", async () => {
    const expected = [
      { id: "1", data: "a" },
      { id: "2", data: "b\nc" },
    ];
    const text = ": hi\n\nid: 1\ndata: a\n\nid:2\ndata:b\ndata: c\nretry: 5\n\n";
    expect(await eventsOf(text)).toEqual(expected);
    expect(await eventsOf(...text.split(""))).toEqual(expected);
    expect(await eventsOf(...text.replaceAll("\n", "\r\n").split(""))).toEqual(expected);
  });

  test("whose end is missing gives only whole events", async () => {
    expect(await eventsOf("data: a\n\ndata: b\n")).toEqual([{ id: undefined, data: "a" }]);
  });
});

describe("on a terminal", () => {
  test("colours stay and everything else goes", () => {
    const filter = terminalFilter();
    expect(filter("\x1b[1;31mred\x1b[0m\tx\r\n")).toBe("\x1b[1;31mred\x1b[0m\tx\r\n");
    expect(filter("\x1b]52;c;aGk=\x07\x1b[2J\x1b[10;1H\x1bc\x9b31mno\x08\x7f")).toBe("31mno");
  });

  test("a sequence that is cut in two is still one", () => {
    const filter = terminalFilter();
    const pieces = "a\x1b]0;title\x07b\x1b[32mc\x1b[6n".split("");
    expect(pieces.map(filter).join("")).toBe("ab\x1b[32mc");
  });

  test("a sequence that never ends is not waited for", () => {
    const filter = terminalFilter();
    filter(`\x1b]${"x".repeat(5000)}`);
    expect(filter("hello")).toBe("hello");
  });
});

describe("the blocks of a page", () => {
  const html = `<!doctype html><body>
    <deferred-runner block="a.b.c"><pre>
puts 1 &lt; 2</pre></deferred-runner>
    <deferred-runner block="d.e.f" server="https://other.example/x"><pre><code>
puts 2</code></pre></deferred-runner>
    <script type="module" src="/deferred-runner.js"></script>`;

  test("are found with their text as the element reads it", () => {
    expect(findBlocks(html, "https://blog.example/2026/post")).toEqual([
      { block: "a.b.c", code: "puts 1 < 2", line: 2, sent: {}, serverUrl: "https://blog.example" },
      { block: "d.e.f", code: "\nputs 2", line: 4, sent: {}, serverUrl: "https://other.example" },
    ]);
  });

  test("name no server where a file on disk has a relative script", () => {
    expect(findBlocks(html, undefined)[0]!.serverUrl).toBeUndefined();
  });
});

describe("the exit code", () => {
  test.each([
    ["succeeded", 0, null, 0],
    ["failed", 3, null, 3],
    ["failed", null, "SIGSEGV", 139],
    ["timed_out", null, null, 124],
    ["killed", null, "SIGKILL", 137],
    ["canceled", null, null, 130],
    ["errored", null, null, 70],
  ] as const)("of %s (%j, %j) is %d", (state, exit_code, signal, expected) => {
    expect(exitCodeOf({ state, reason: null, exit_code, signal })).toBe(expected);
  });

  test("of a project's run that could not begin is that of a refusal", () => {
    const reason = { code: "checkout_failed", message: "The commit could not be checked out." };
    const ending = { state: "failed", reason, exit_code: null, signal: null } as const;
    expect(exitCodeOf(ending)).toBe(65);
  });
});

test.each([
  ["no JSON", "ssh-ed25519 AAAA", /is not a public JWK/],
  ["a list", '[{"d":"secret"}]', /is not a public JWK/],
  ["a PEM", "-----BEGIN EC PRIVATE KEY-----\nsecret", /private key: it was not sent/],
  ["a symmetric key", '{"kty":"oct","k":"secret"}', /private key: it was not sent/],
  ["a private key in a set", '{"keys":[{"kty":"OKP","d":"secret"}]}', /private key: it was not/],
  ["a set", '{"keys":[{"kty":"OKP"}]}', /is a JWK set: add its keys one by one/],
  ["another curve", '{"kty":"EC","crv":"P-384","x":"a","y":"b"}', /no Ed25519 and no P-256/],
  ["no point of P-256", `{"kty":"EC","crv":"P-256","x":"${A}","y":"${A}"}`, /no Ed25519 and no/],
  ["another use", `{"kty":"OKP","crv":"Ed25519","x":"${A}","use":"enc"}`, /says use "enc"/],
  ["another alg", `{"kty":"OKP","crv":"Ed25519","x":"${A}","alg":"ES256"}`, /signs with EdDSA/],
])("%s is refused as a public key", async (_, text, message) => {
  const refused: unknown = await parsePublicKey(text, "k.jwk").catch((error: unknown) => error);
  expect(String(refused)).toMatch(message);
  expect(String(refused)).not.toContain("secret");
});
