import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { newKeyPair } from "../../blocks/keys.ts";
import { openSite } from "../../cli/site/plugin.ts";
import { buildStale } from "../../setup/bundles.mjs";
import { expectTorture, FENCES, recordTorture, torturePage } from "../plugins/torture.ts";

const HERE = import.meta.dirname;
const ROOT = join(HERE, "../..");
/** All generators build the same page, so they share its tokens. */
const LOCK = join(HERE, "deferred-blocks.lock.json");
const { privateJwk } = await newKeyPair();
/** Only needed where the lock does not have the page's code. */
const KEY = {
  DEFERRED_SIGNING_KEY: JSON.stringify(privateJwk),
  DEFERRED_URL: "https://runner.example",
};

buildStale(["node"]);

async function run(command: string, args: string[], cwd: string, stdin = ""): Promise<string> {
  const env = {
    ...process.env,
    ...KEY,
    ASTRO_TELEMETRY_DISABLED: "1",
    npm_config_audit: "false",
    npm_config_fund: "false",
  };
  const started = promisify(execFile)(command, args, { cwd, env, maxBuffer: 64 << 20 });
  started.child.stdin?.end(stdin);
  return (await started).stdout;
}

/** Puts the package where `npm install` would: what it exports is tested, not the sources. */
function installOwn(folder: string): void {
  const own = join(folder, "node_modules/deferred-runner");
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  cpSync(join(ROOT, "package.json"), join(own, "package.json"));
  cpSync(join(ROOT, "dist/node"), join(own, "dist/node"), { recursive: true });
}

describe.each([
  {
    name: "astro",
    pages: {
      "src/pages/torture.md": "\n",
      "src/pages/torture-crlf.md": "\r\n",
      "src/pages/torture-x.mdx": "\n",
    },
    built: ["dist/torture/index.html", "dist/torture-crlf/index.html", "dist/torture-x/index.html"],
    clean: ["dist", ".astro"],
  },
  {
    name: "vitepress",
    pages: { "torture.md": "\n", "torture-crlf.md": "\r\n" },
    built: [".vitepress/dist/torture.html", ".vitepress/dist/torture-crlf.html"],
    clean: [".vitepress/dist", ".vitepress/cache"],
  },
  {
    name: "docusaurus",
    pages: { "docs/torture.md": "\n", "docs/torture-crlf.md": "\r\n", "docs/torture-x.mdx": "\n" },
    built: [
      "build/torture/index.html",
      "build/torture-crlf/index.html",
      "build/torture-x/index.html",
    ],
    clean: ["build", ".docusaurus", "node_modules/.cache"],
  },
])("$name", ({ name, pages, built, clean }) => {
  const folder = join(HERE, name);

  test("builds pages whose blocks have the code of their tokens", async () => {
    if (!existsSync(join(folder, "node_modules"))) {
      await run("npm", ["ci", "--ignore-scripts", "--prefer-offline"], folder);
    }
    installOwn(folder);
    for (const path of clean) rmSync(join(folder, path), { recursive: true, force: true });
    for (const [path, lineEnd] of Object.entries(pages)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), torturePage(lineEnd));
    }
    await run("npm", ["run", "build"], folder);
    for (const path of built) {
      const html = readFileSync(join(folder, path), "utf8");
      expectTorture(html, path);
      expect(html).toMatch(/<script[^>]* src="https:\/\/runner\.example\/deferred-runner\.js"/);
    }
    const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    recordTorture(name, dependencies, readFileSync(join(folder, built[0]!), "utf8"));
  });
});

test("WordPress shows the code of a shortcode as it is", async () => {
  const folder = join(HERE, "wordpress");
  const unpacked = join(folder, "unpacked");
  if (!existsSync(unpacked)) {
    mkdirSync(unpacked);
    await run("apt-get", ["download", "wordpress"], unpacked);
    await run("sh", ["-c", "dpkg-deb -x wordpress_*.deb . && rm wordpress_*.deb"], unpacked);
  }
  const post = FENCES.map(({ code, runtime, mark = "" }) => {
    // As WordPress stores the code of authors without the capability unfiltered_html.
    const stored = code.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return `[deferred language="${runtime}" run='${mark}']\n${stored}\n[/deferred]`;
  });
  const plugin = join(ROOT, "examples/wordpress/deferred-runner.php");
  const args = [join(folder, "render.php"), join(unpacked, "usr/share/wordpress"), plugin];
  const html = await run(
    "php",
    args,
    folder,
    `"Quotes" -- and\n\n${post.join("\n\n")}\n\nThe end.`,
  );
  expect(html).toContain("<p>&#8220;Quotes&#8221; &#8212; and</p>");
  process.env["DEFERRED_SIGNING_KEY"] = KEY.DEFERRED_SIGNING_KEY;
  const site = openSite({ root: HERE, lock: LOCK, aud: KEY.DEFERRED_URL });
  const signed = site.signHtml(html, "post.html");
  expect(signed.problems).toEqual([]);
  expectTorture(signed.html, "post.html");
  site.save();
  const { version } = /\$wp_version = '(?<version>[^']+)'/.exec(
    readFileSync(join(unpacked, "usr/share/wordpress/wp-includes/version.php"), "utf8"),
  )!.groups!;
  recordTorture("wordpress", { wordpress: version! }, signed.html);
});
