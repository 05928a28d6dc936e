// @ts-check
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Builds the page: the resume, a link that makes its PDF, and the signed block behind the link. The block has the
 * page's own files, by digest: a changed page is another block, so a stored PDF is always the page's.
 *
 * @param {import("../../setup/example.ts").ExampleBuild} build
 */
export default async function build({ folder, out, run }) {
  const sign = ["sign", "resume.py", "--file", "resume.html", "--file", "resume.css"];
  const more = ["--show", "pdf", "--cache", "365d", "--title", "This page as a PDF"];
  const tag = await run("deferred", ...sign, ...more);

  const page = await readFile(join(folder, "resume.html"), "utf8");
  const made = page
    .replace("<header>", `<header>\n        ${LINK}`)
    .replace("</main>", `${section(tag)}</main>`);
  await mkdir(out, { recursive: true });
  await writeFile(join(out, "index.html"), made);
  await copyFile(join(folder, "resume.css"), join(out, "resume.css"));
  await copyFile(join(folder, "pdf-link.js"), join(out, "pdf-link.js"));
  return undefined;
}

const LINK = '<a class="pdf" href="#pdf">PDF</a>';

/** @param {string} tag What `deferred sign` printed. */
function section(tag) {
  const followed = tag.replace("<deferred-runner ", "<deferred-runner follow ");
  return `
      <section class="made" id="pdf">
        <p>The PDF is made from this page when you ask for it, by this program in a sandbox:</p>
${followed}        <script type="module" src="pdf-link.js"></script>
      </section>
    `;
}
