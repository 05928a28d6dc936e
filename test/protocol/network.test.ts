import * as v from "valibot";
import { expect, test } from "vitest";
import {
  allowedNetwork,
  BlockNetworkSchema,
  isHostAmong,
  NetworkSchema,
  networkText,
} from "../../protocol/network.ts";

test("hosts are named by their names alone, or all below one", () => {
  for (const right of ["example.org", "*.example.org", "a-b.c1.example", "localhost", "192.0.2.1"])
    expect(v.is(NetworkSchema, [right]), right).toBe(true);
  for (const wrong of [
    ...["", "*", "*.", "a..b", ".a", "a.", "-a.b", "a-.b", "A.b", "a.b:80", "http://a.b", "a/b"],
    ...[
      "a.*.b",
      "*a.b",
      "a b",
      `${"a".repeat(64)}.b`,
      `${"a.".repeat(130)}b`,
      "ä.example",
      "[::1]",
    ],
  ])
    expect(v.is(NetworkSchema, [wrong]), wrong).toBe(false);
  expect(v.is(NetworkSchema, [])).toBe(false);
  expect(v.is(BlockNetworkSchema, true)).toBe(false);
});

test("a pattern stands for what is below it, in any case of letters", () => {
  const hosts = ["api.example.org", "*.example.com"];
  for (const host of ["api.example.org", "API.example.ORG", "api.example.org.", "a.example.com"])
    expect(isHostAmong(hosts, host), host).toBe(true);
  expect(isHostAmong(hosts, "a.b.example.com")).toBe(true);
  for (const host of ["example.org", "x.api.example.org", "example.com", "aexample.com", "com"])
    expect(isHostAmong(hosts, host), host).toBe(false);
});

test.each([
  [false, "none", { network: false }],
  [true, "none", { refused: "The project lets them reach nothing." }],
  [["a.example"], "none", { refused: "The project lets them reach nothing." }],
  [true, "any", { network: true }],
  [["a.example"], "any", { network: ["a.example"] }],
  [true, ["a.example"], { network: ["a.example"] }],
  [["a.example"], ["a.example", "b.example"], { network: ["a.example"] }],
  [["x.b.example", "*.b.example"], ["*.b.example"], { network: ["x.b.example", "*.b.example"] }],
  [
    ["a.example", "c.example"],
    ["a.example", "b.example"],
    { refused: "It asks for c.example; the project lets them reach a.example, b.example." },
  ],
  [["*.a.example"], ["x.a.example"], { refused: expect.stringContaining("*.a.example") }],
] as const)("a block that asks for %j of a project that allows %j", (asked, policy, answer) => {
  const copy = (value: unknown) => structuredClone(value) as never;
  expect(allowedNetwork(copy(asked), copy(policy))).toEqual(answer);
});

test("in words", () => {
  expect([false, true, ["a.example", "b.example"]].map(networkText)).toEqual([
    "nothing",
    "any public address",
    "a.example, b.example",
  ]);
});
