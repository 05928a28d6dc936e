import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ERRORS } from "../../protocol/errors.ts";
import { REASONS } from "../../protocol/reasons.ts";
import { wordingOf, type Wording } from "../../widget/run/wording.ts";
import { englishFeatures } from "../../widget/words/en-features.ts";
import { loadLanguage, spokenTag } from "../../widget/words/language.ts";
import type { FeatureWords } from "../../widget/words/words.ts";

const LANGUAGES = ["de", "es", "fr", "ja", "zh"];

type AllWords = Wording & { features: FeatureWords };
const wordingIn = async (tag: string): Promise<AllWords> => {
  const language = await loadLanguage(tag);
  return { ...wordingOf(language), features: language.translation?.features ?? englishFeatures };
};
const english = await wordingIn("en");
const wordings = await Promise.all(LANGUAGES.map(wordingIn));

type Say = string | ((...given: unknown[]) => string);

/** All sentences of a wording by their path; those of the server by themselves. */
function sentences({ page, features, run: { server, ...run } }: AllWords): Map<string, Say> {
  return new Map([...leaves("page", { ...page, ...features }), ...leaves("run", run)]);
}

function leaves(path: string, value: unknown): [path: string, say: Say][] {
  if (typeof value === "string" || typeof value === "function") return [[path, value as Say]];
  const entries = Object.entries(value as object);
  return entries.flatMap(([name, inner]) => leaves(`${path}.${name}`, inner));
}

/** Distinct, above every constant in a sentence, and below the first thousands separator. */
const GIVEN = [411, 522, 633, 744];

/** What a sentence says with every placeholder filled. */
function said(say: Say): string {
  return typeof say === "string" ? say : say(...GIVEN);
}

/** A sentence with its optional placeholders left out. */
function saidShort(say: Say): string {
  return typeof say === "string" ? say : say(GIVEN[0], ...GIVEN.slice(1).map(() => undefined));
}

const placeholders = (text: string) => GIVEN.filter((given) => text.includes(String(given)));

describe.each(wordings.map((wording) => [wording.tag, wording] as const))("%s", (_tag, wording) => {
  const own = sentences(wording);

  test("says all that English says, with the same placeholders", () => {
    const inEnglish = sentences(english);
    expect([...own.keys()].toSorted()).toEqual([...inEnglish.keys()].toSorted());
    for (const [path, say] of own) {
      const original = inEnglish.get(path)!;
      expect(placeholders(said(say)), path).toEqual(
        expect.arrayContaining(placeholders(said(original))),
      );
      expect(placeholders(said(say)).length, path).toBe(placeholders(said(original)).length);
    }
  });

  test("has no English left, and no line break between a number and its unit", () => {
    const inEnglish = new Map([...sentences(english)].map(([path, say]) => [path, said(say)]));
    const neutral = ["page.named", "run.waking.step", "run.stop", "run.space"];
    const english_ = /\b(?:the|and|with|of|to|this|is|it|not|code is|run)\b/i;
    for (const [path, say] of own) {
      const text = said(say);
      if (!neutral.includes(path)) expect(text, path).not.toBe(inEnglish.get(path));
      expect(text, path).not.toMatch(english_);
      expect(text, path).not.toMatch(/\d [KM]i[Bo]/);
      expect(text, path).not.toMatch(/undefined|NaN/);
      if (path !== "run.space") expect(text.trim(), path).toBe(text);
    }
    const server = wording.run.server!;
    const sentencesOfServer = { ...server.problems, ...server.reasons };
    for (const [code, text] of Object.entries(sentencesOfServer)) {
      expect(text, code).not.toMatch(english_);
      expect(text, code).toMatch(/[.。]$/);
    }
  });

  test("ends a sentence where English does", () => {
    for (const [path, say] of own) {
      const ends = (text: string) => /[.。]$/.test(text);
      expect(ends(said(say)), path).toBe(ends(said(sentences(english).get(path)!)));
    }
  });

  test("names its own buttons", () => {
    const { page, features } = wording;
    for (const [path, say] of sentences(english)) {
      const text = said(own.get(path)!);
      const original = said(say);
      if (/press run\b/i.test(original)) expect(text, path).toContain(page.run);
      if (/press edit\b/i.test(original)) expect(text, path).toContain(features.edit);
      if (/run again (?:makes|for)/i.test(original))
        expect(text, path).toContain(features.runAgain);
    }
  });

  test("leaves out what is not known", () => {
    const { ended } = wording.run;
    for (const say of Object.values(ended)) {
      expect(saidShort(say as Say)).not.toMatch(/undefined|null|NaN/);
    }
    expect(ended.plain(undefined)).toMatch(/[.。]$/);
  });

  test("says why a busy server did not answer, before a colon that a countdown follows", () => {
    const { problems } = wording.run.server!;
    const busy = Object.entries(problems).filter(([code]) => {
      const [status] = ERRORS[code as keyof typeof ERRORS] ?? [0];
      return status === 429 || status === 503;
    });
    expect(busy.length).toBeGreaterThan(3);
    for (const [code, text] of busy) expect(text, code).toMatch(/^[^:：]+[:：]/);
  });
});

test("every step that sets a machine up has a name in each language", () => {
  const program = readFileSync("server/providers/cloud-init/set-up/__main__.py", "utf8");
  const [, steps = ""] = /\n    steps = \[\n(.*?)\n    \]/s.exec(program) ?? [];
  const names = Array.from(steps.matchAll(/\(\s*"([^"]+)",/g), ([, name]) => name!);
  expect(names.length).toBeGreaterThan(3);
  for (const { tag, run } of wordings) {
    expect(Object.keys(run.server!.steps).toSorted(), tag).toEqual(names.toSorted());
  }
});

test("only known codes of the server are translated", () => {
  for (const { run } of wordings) {
    const { problems, reasons } = run.server!;
    const own = ["answer_blocked", "answer_unreadable"];
    expect(
      Object.keys(problems).filter((code) => !own.includes(code) && !(code in ERRORS)),
    ).toEqual([]);
    expect(Object.keys(reasons).filter((code) => !(code in REASONS))).toEqual([]);
  }
});

test.each([
  ["de-AT", "de-AT"],
  ["de_DE", "de-DE"],
  ["FR-ca", "fr-CA"],
  [" en-GB ", "en-GB"],
  ["ja", "ja"],
  ["zh", "zh"],
  ["zh-CN", "zh-CN"],
  ["zh-Hans-SG", "zh-Hans-SG"],
  // Traditional script is not what the Chinese words are written in.
  ["zh-Hant", "en"],
  ["zh-TW", "en"],
  ["zh-HK", "en"],
  ["ar", "en"],
  ["pt-BR", "en"],
  ["", "en"],
  ["constructor", "en"],
  ["x-klingon", "en"],
  ["german, please", "en"],
])("a page in %j hears %s", (lang, tag) => {
  expect(spokenTag(lang)).toBe(tag);
});

test("amounts are written as the language and its region write them", async () => {
  const written = async (tag: string) => {
    const { format } = await wordingIn(tag);
    const amounts = [format.duration(0.42), format.duration(72), format.size(12_345)];
    return [...amounts, format.size(1_440_000), format.ago(190), format.number(12_345)];
  };
  expect((await written("en")).join("|")).toBe(
    "0.4\u00a0s|1\u00a0min\u00a012\u00a0s|12\u00a0kB|1.4\u00a0MB|3\u00a0minutes\u00a0ago|12,345",
  );
  expect((await written("de")).join("|")).toBe(
    "0,4\u00a0s|1\u00a0min\u00a012\u00a0s|12\u00a0kB|1,4\u00a0MB|vor\u00a03\u00a0Minuten|12.345",
  );
  // Switzerland groups with an apostrophe, whichever its data has.
  expect((await written("de-CH")).at(-1)).toMatch(/^12['’]345$/);
  expect((await written("ja"))[0]).toBe("0.4\u00a0秒");
});

test("a range says a shared unit once", async () => {
  const { format } = await wordingIn("en");
  expect(format.range(14, 22)).toEqual(["14", "22\u00a0s"]);
  expect(format.range(14, 72)).toEqual(["14\u00a0s", "1\u00a0min\u00a012\u00a0s"]);
  expect(format.range(60, 70)).toEqual(["1\u00a0min", "1\u00a0min\u00a010\u00a0s"]);
});

test("a count picks its form", async () => {
  const left = async (tag: string, count: number) =>
    (await wordingIn(tag)).run.files.left(count, 100, 10);
  expect(await left("en", 1)).toContain("1 more file was left out");
  expect(await left("en", 2)).toContain("2 more files were left out");
  expect(await left("fr", 1)).toContain("1 autre fichier omis");
  expect(await left("es", 3)).toContain("3 archivos más omitidos");
});
