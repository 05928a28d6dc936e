import { readFileSync, realpathSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { CliError } from "../errors/cli-error.ts";

/**
 * Reads a file that a mark names. It may not leave the site's folder, by a link neither: a page that a stranger
 * contributes must not put other files of the machine that builds it on the web. Throws `CliError`.
 */
export function readSiteFile(root: string, name: string): Uint8Array {
  const path = resolve(root, name);
  try {
    const inside = relative(realpathSync(root), realpathSync(path));
    if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw new CliError(`${name} is outside ${root}`, {
        hint: "marks name files of the site's own folder; --root names another folder",
      });
    }
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const why = code === "ENOENT" ? "there is no such file" : `it can't be read (${code})`;
    throw new CliError(`${join(root, name)}: ${why}`, {
      hint: "files in marks are named from the folder in which deferred runs, or from --root",
      cause,
    });
  }
}
