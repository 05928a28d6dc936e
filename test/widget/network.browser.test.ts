import { expect, test } from "vitest";
import { mount, scripted, tokenWith } from "./stage.ts";

async function shownFor(limits: object | undefined): Promise<string | undefined> {
  const block = tokenWith(limits === undefined ? {} : { limits });
  const element = await mount(scripted().url, undefined, { block });
  const { width } = element.getBoundingClientRect();
  expect(element.scrollWidth).toBeLessThanOrEqual(Math.ceil(width));
  return element.shadowRoot!.querySelector(".bar small")?.textContent;
}

test("what a block may reach is read before it is pressed", async () => {
  expect(await shownFor(undefined)).toBeUndefined();
  expect(await shownFor({ network: false, wall_s: 5 })).toBeUndefined();
  expect(await shownFor({ network: true })).toBe("May reach the internet");
  expect(await shownFor({ network: ["api.example.org", "*.example.com"] })).toBe(
    "May reach api.example.org, *.example.com",
  );
  const long = Array.from({ length: 30 }, (_, index) => `${"a".repeat(60)}.host${index}.example`);
  expect(await shownFor({ network: long })).toContain("host29");
});
