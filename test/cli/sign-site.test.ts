import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { authorFolder, deferred, temporaryFolder } from "./deferred.ts";

const LOCK = "deferred-blocks.lock.json";
const pre = (code: string, mark = "") =>
  `<pre data-deferred="${mark}"><code class="language-python">${code}</code></pre>\n`;
const pageOf = (...blocks: string[]) => `<!doctype html>\n<title>t</title>\n${blocks.join("")}`;

/** A folder with a built site in `_site`, and what signs it. */
async function builtSite(pages: Record<string, string | Uint8Array>) {
  const root = await temporaryFolder();
  const { env } = await authorFolder();
  const write = async (name: string, content: string | Uint8Array) => {
    await mkdir(join(root, "_site", name, ".."), { recursive: true });
    await writeFile(join(root, "_site", name), content);
  };
  for (const [name, content] of Object.entries(pages)) await write(name, content);
  return {
    root,
    write,
    read: (name: string) => readFile(join(root, name), "utf8"),
    sign: (...args: string[]) => deferred(["sign", "site", "_site", ...args], { env, cwd: root }),
    /** As on a machine without the key. */
    signElsewhere: async () =>
      deferred(["sign", "site", "_site"], {
        cwd: root,
        env: { DEFERRED_DATA: await temporaryFolder() },
      }),
    verify: (...args: string[]) =>
      deferred(["verify", "--site", "_site", "--offline", ...args], { env, cwd: root }),
  };
}

test("a site is signed in place, and a second run changes nothing", async () => {
  const site = await builtSite({ "a.html": pageOf(pre("print(1)")), "b/c.htm": pageOf(pre("x")) });
  await chmod(join(site.root, "_site/a.html"), 0o640);
  const first = await site.sign();
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toBe(
    "_site/a.html:3  python  print(1)\n_site/b/c.htm:3  python  x\n" +
      "2 blocks on 2 pages: 2 new; 2 pages changed\n",
  );
  expect((await stat(join(site.root, "_site/a.html"))).mode & 0o777).toBe(0o640);
  const [page, lock] = [await site.read("_site/a.html"), await site.read(LOCK)];
  expect(page).toContain('<deferred-runner block="ey');
  expect(page).toContain('src="https://runner.example/deferred-runner.js"');

  expect((await site.sign()).stdout).toBe("2 blocks on 2 pages: 0 new; 0 pages changed\n");
  expect(await site.read("_site/a.html")).toBe(page);
  expect(await site.read(LOCK)).toBe(lock);
  // The generator builds the page anew, elsewhere.
  await site.write("a.html", pageOf(pre("print(1)")));
  expect((await site.signElsewhere()).code).toBe(0);
  expect(await site.read("_site/a.html")).toBe(page);
});

test("where a block can't be signed, each is told with its line, and nothing is written", async () => {
  const good = pageOf(pre("print(1)"));
  const site = await builtSite({
    "a.html": good,
    "b.html": pageOf(pre("print(2)", "cach=1h"), pre("print(3)", "after=none")),
  });
  const { code, stderr } = await site.sign();
  expect(code).toBe(65);
  expect(stderr).toBe(
    "_site/b.html:3: unknown option 'cach=1h'\n  hint: did you mean cache?\n" +
      "_site/b.html:4: after=none: no block above it on its page has that name; give one a name=…\n" +
      "error: 2 problems, so nothing was written\n" +
      "hint: correct these lines, build the site, then sign it again\n",
  );
  expect(await site.read("_site/a.html")).toBe(good);
  await expect(site.read(LOCK)).rejects.toThrow("ENOENT");
  const other = await site.signElsewhere();
  expect(other).toMatchObject({ code: 65 });
  expect(other.stderr).toContain("_site/a.html:3: it is not in deferred-blocks.lock.json");
});

test("what is no page in UTF-8 is left as it is, and told", async () => {
  const latin = Buffer.from(pageOf(pre("print('ä')")), "latin1");
  const site = await builtSite({
    "latin.html": latin,
    "nul.html": "<p>\0",
    "data.html": "no markup",
    "feed.xml": pre("print(1)"),
    "old.xhtml": pageOf(pre("print(1)")),
    ".hidden/x.html": pageOf(pre("print(1)")),
    ".hidden/style.css": "",
  });
  await symlink("/", join(site.root, "_site/root"));
  await symlink(".hidden/x.html", join(site.root, "_site/x.html"));
  await symlink(".hidden/style.css", join(site.root, "_site/style.css"));
  await symlink("circle", join(site.root, "_site/circle"));
  const { code, stdout, stderr } = await site.sign();
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: "0 blocks on 6 pages: 0 new; 0 pages changed\n",
  });
  expect(stderr).toBe(
    "note: _site/data.html is left as it is: it holds no HTML\n" +
      "note: _site/latin.html is left as it is: it is not UTF-8\n" +
      "note: _site/nul.html is left as it is: it holds NUL, so it is no HTML\n" +
      "note: _site/old.xhtml is left as it is: it is XHTML\n" +
      "note: _site/root is left as it is: it is a link\n" +
      "note: _site/x.html is left as it is: it is a link\n",
  );
  expect(await readFile(join(site.root, "_site/latin.html"))).toEqual(latin);
  const verified = await site.verify();
  expect(verified.code).toBe(1);
  expect(verified.stderr).toContain(
    "note: not checked: _site/latin.html seems to hold blocks, and it is not UTF-8\n",
  );
});

test("files of a mark may not leave the site's folder, by a link neither", async () => {
  const outside = await temporaryFolder();
  await writeFile(join(outside, "secret"), "x");
  const site = await builtSite({ "a.html": pageOf(pre("print(1)", "file=data/secret")) });
  await symlink(outside, join(site.root, "data"));
  const { code, stderr } = await site.sign();
  expect(code).toBe(65);
  expect(stderr).toContain("_site/a.html:3: data/secret is outside ");
});

test("a dry run writes nothing; what no page has leaves the lock when that is asked for", async () => {
  const site = await builtSite({ "a.html": pageOf(pre("print(1)"), pre("print(2)")) });
  const dry = await site.sign("--dry-run");
  expect(dry.stdout).toContain("2 blocks on 1 page: 2 new; 1 page would change\n");
  await expect(site.read(LOCK)).rejects.toThrow("ENOENT");
  await site.sign();
  await site.write("a.html", pageOf(pre("print(1)")));
  expect((await site.sign()).stderr).toBe(
    "note: the lock has 1 block of no page: --prune removes them\n",
  );
  expect((await site.sign("--prune", "--dry-run")).stderr).toBe(
    "note: 1 block of no page would leave the lock\n",
  );
  expect((await site.sign("--prune")).stderr).toBe("note: 1 block of no page left the lock\n");
  expect(JSON.parse(await site.read(LOCK)).blocks).toMatchObject({});
  expect((await site.sign()).stderr).toBe("");
});

test("a place that can't be written is an error, and nothing is left there", async () => {
  const site = await builtSite({ "a.html": pageOf(pre("print(1)")) });
  const { code, stderr } = await site.sign("--lock", "none/lock.json");
  expect(code).toBe(1);
  expect(stderr).toBe("error: none/lock.json can't be written (ENOENT)\n");
  expect(await readdir(site.root)).toEqual(["_site"]);
});

test("a mistake in --defaults is told once, and as theirs", async () => {
  const site = await builtSite({ "a.html": pageOf(pre("print(1)"), pre("print(2)")) });
  expect(await site.sign("--defaults", "cach=1h")).toMatchObject({
    code: 2,
    stderr: "error: defaults 'cach=1h': unknown option 'cach=1h'\nhint: did you mean cache?\n",
  });
});

test("a folder that is not there is a mistake in the command line", async () => {
  const { code, stderr } = await deferred(["sign", "site", "nowhere"], {
    env: (await authorFolder()).env,
  });
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("there is no folder nowhere"),
  });
});

describe("verify --site", () => {
  test("finds 20 seeded faults with file and line, and nothing else", async () => {
    const pages: Record<string, string> = {};
    for (let page = 0; page < 30; page++) {
      const blocks = [0, 1, 2].map((nth) =>
        pre(`print(${page}, ${nth})`, nth === 2 ? "expires=20d" : ""),
      );
      pages[`p${String(page).padStart(2, "0")}.html`] = pageOf(...blocks);
    }
    const site = await builtSite(pages);
    await site.sign();
    expect(await site.verify()).toMatchObject({
      code: 0,
      stdout: "90 blocks on 30 pages: nothing is wrong\n",
    });

    const expected: string[] = [];
    const seed = async (page: number, line: number, change: (line: string) => string) => {
      const name = `p${String(page).padStart(2, "0")}.html`;
      const lines = (await site.read(`_site/${name}`)).split("\n");
      const before = lines[line - 1]!;
      lines[line - 1] = change(before);
      expect(lines[line - 1]).not.toBe(before);
      await site.write(name, lines.join("\n"));
      expected.push(`_site/${name}:${line}`);
    };
    const changes: ((line: string) => string)[] = [
      (line) => line.replace("print", "Print"),
      (line) => line.replace("(", "( "),
      (line) => line.replace("</code>", "\nx</code>".replace("\n", "&#10;")),
      (line) => line.replace(/block="[^"]+"/, 'block=""'),
      (line) => line.replace(/block="[^"]+"/, 'block="a.b"'),
      // One letter of the signature.
      (line) =>
        line.replace(
          /\.([\w-])([\w-]{85})"/,
          (_all, first, rest) => `.${first === "A" ? "B" : "A"}${rest}"`,
        ),
      (line) => line.replace(/<deferred-runner [^>]+>/, "").replace("</deferred-runner>", ""),
      (line) => line.replaceAll("print", "<b>print</b>1"),
      (line) => line.replace(/, /, ",\u00a0\u00a0"),
      (line) => line.replace(/<code[^]*<\/code>/, ""),
    ];
    for (const [index, change] of changes.entries()) {
      await seed(index, 3 + (index % 2), change);
      await seed(29 - index, 3 + ((index + 1) % 2), change);
    }
    const { code, stdout } = await site.verify();
    expect(code).toBe(65);
    const found = stdout.trimEnd().split("\n").slice(0, -1);
    const places = found.map((line) => /^\S+?:\d+/.exec(line)![0]);
    expect(places.toSorted()).toEqual(expected.toSorted());

    const soon = await site.verify("--expires-within", "30d");
    expect(soon.stdout.match(/its token expires in /g)).toHaveLength(30);
  });

  test("finds another server, a key that is unknown, and what is not signed", async () => {
    const site = await builtSite({ "a.html": pageOf(pre("print(1)")) });
    await site.sign();
    const other = await site.verify("--aud", "https://other.example");
    expect(other.code).toBe(65);
    expect(other.stdout).toContain(
      "_site/a.html:3: it is for https://runner.example, not for https://other.example\n",
    );
    const lock = JSON.parse(await site.read(LOCK));
    const [[kid]] = Object.entries(lock.keys) as [[string, object]];
    const second = await builtSite({ "a.html": pageOf(pre("print(1)")) });
    await second.sign();
    await writeFile(join(site.root, LOCK), await second.read(LOCK));
    const unknown = await site.verify();
    expect(unknown.stdout).toContain(`_site/a.html:3: its key ${kid} is unknown here\n`);
    expect(unknown.code).toBe(65);
  });

  test("finds a mark on a page that names us nowhere else", async () => {
    const marked = '<pre class="language-python run"><code>print(1)</code></pre>\n';
    const site = await builtSite({ "a.html": pageOf(marked) });
    expect(await site.verify()).toMatchObject({
      code: 65,
      stdout:
        "_site/a.html:3: marked, and not signed: deferred sign site\n" +
        "0 blocks on 1 page: 1 wrong\n",
    });
  });

  test("says what it could not check", async () => {
    const site = await builtSite({ "a.html": pageOf(pre("print(1)")) });
    await site.sign("--no-aud");
    await writeFile(
      join(site.root, LOCK),
      (await site.read(LOCK)).replace(/"keys": \{[^]*?\n {2}\}/, '"keys": {}'),
    );
    const { code, stderr } = await site.verify();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /note: not checked: signatures by \S+: no key is known here; add --key FILE/,
    );
  });

  test.each([
    [["x.html", "--site", "_site"], "give either --site or x.html"],
    [[], "give it a file, an address, - or --site FOLDER"],
    [["x.html", "--expires-within", "3d"], "--expires-within is for --site"],
  ])("%j is a mistake", async (args, message) => {
    const { code, stderr } = await deferred(["verify", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
