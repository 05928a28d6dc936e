// @ts-check
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Builds a page whose code is not in it: the code and its signature are files of their own, as in a gist. With GIST,
 * as in `GIST=octocat/aa5a315d61ae9438b18d`, the page shows that gist.
 *
 * @param {import("../../setup/example.ts").ExampleBuild} build
 */
export default async function build({ server, folder, out, run }) {
  await mkdir(out, { recursive: true });
  const gist = process.env["GIST"];
  if (gist === undefined) {
    await run("deferred", "sign", "fridays.rb", "--gist");
    for (const name of ["fridays.rb", "fridays.rb.block"]) {
      await copyFile(join(folder, name), join(out, name));
    }
  }
  const where = gist === undefined ? 'src="fridays.rb"' : `gist="${gist}"`;
  const page = await readFile(join(folder, "page.html"), "utf8");
  const made = page.replace("SOURCE", where).replace("SERVER", server);
  await writeFile(join(out, "index.html"), made);
  return undefined;
}
