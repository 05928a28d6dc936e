import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REASONS } from "../../protocol/reasons.ts";
import { stackWith, TEMPLATE, TEMPLATE_TEXT } from "../infra/stack.ts";

const docs = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

test("the page explains every statement of the server's policies, and every parameter", () => {
  const sids = [...TEMPLATE_TEXT.matchAll(/Sid: (\w+)/g)].map(([, sid]) => sid);
  expect(sids.length).toBeGreaterThan(15);
  for (const sid of sids) expect(docs("aws.md")).toContain(`\`${sid}\``);
  for (const name of Object.keys(TEMPLATE.Parameters)) {
    expect(docs("aws.md")).toContain(`\`${name}\``);
  }
});

test("the reasons it tells what to do about are the server's", () => {
  const told = [...docs("aws.md").matchAll(/^\| `([a-z_]+)` +\|/gm)].map(([, code]) => code);
  expect(told.length).toBeGreaterThan(5);
  for (const code of told) expect(Object.keys(REASONS)).toContain(code);
});

test("every variable that the stack gives is in the table of settings", () => {
  for (const name of Object.keys(stackWith().environment)) {
    expect(docs("self-host.md")).toContain(`\`${name}\``);
  }
});
