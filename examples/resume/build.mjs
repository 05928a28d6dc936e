// @ts-check
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const FILES = ["resume.html", "resume.css"];
const PROGRAM = "resume.py";

/**
 * Builds the page: the resume, a link that makes its PDF, and the signed block behind the link. The block has the
 * page's own files, by digest: a changed page is another block, so a stored PDF is always the page's. The link has the
 * name that each of these blocks is published as, so it leads to the newest one, also from old mails.
 *
 * @param {import("../../setup/example.ts").ExampleBuild} build
 */
export default async function build({ server, folder, out, run }) {
  const block = await signedBlock(server, folder, run);
  const blockPage = (
    await run("deferred", "publish", block.file, "--as", "resume", "--yes")
  ).trim();
  const pdf = `${blockPage}/artifacts/resume.pdf`;

  const page = await readFile(join(folder, "resume.html"), "utf8");
  const made = page
    .replace("<header>", `<header>\n        <a class="pdf" href="${pdf}">PDF</a>`)
    .replace("</main>", `${section(block.tag)}</main>`);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, "index.html"), made);
  await copyFile(join(folder, "resume.css"), join(out, "resume.css"));
  return undefined;
}

/**
 * Signs the block if a file of it has changed: each build would otherwise publish one more block, whose PDF has to be
 * made again.
 *
 * @param {string} server
 * @param {string} folder
 * @param {import("../../setup/example.ts").ExampleBuild["run"]} run
 */
async function signedBlock(server, folder, run) {
  const hash = createHash("sha256").update(server);
  for (const name of [PROGRAM, ...FILES]) hash.update(await readFile(join(folder, name)));
  const mark = `<!-- ${hash.digest("hex")} -->\n`;
  const file = join(folder, "block.html");
  const kept = await readFile(file, "utf8").catch(() => "");
  if (kept.startsWith(mark)) return { file, tag: kept.slice(mark.length) };
  const files = FILES.flatMap((name) => ["--file", name]);
  const how = ["--show", "pdf", "--cache", "365d", "--title", "This page as a PDF"];
  const tag = await run("deferred", "sign", PROGRAM, ...files, ...how);
  await writeFile(file, mark + tag);
  return { file, tag };
}

/** @param {string} tag What `deferred sign` printed. */
function section(tag) {
  const followed = tag.replace("<deferred-runner ", "<deferred-runner follow ");
  return `
      <section class="made">
        <p>The PDF is made from this page when you ask for it, by this program in a sandbox:</p>
${followed}      </section>
    `;
}
