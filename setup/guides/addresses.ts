import { posix } from "node:path";

/** The page of a guide below `/docs/`, by its file from the root: `generators/hugo`. */
export function guidePath(file: string): string {
  if (file === "README.md") return "start";
  return file.replace(/^docs\//, "").replace(/(?:\/README)?\.md$/, "");
}

/** Files that guides link to and the server serves elsewhere. */
const SERVED = new Map([["docs/openapi.json", "/openapi.json"]]);

/**
 * Where a link of the guide `from` leads on the server. Undefined: to a file of the repository, which the server does
 * not have.
 */
export function addressOf(
  link: string,
  from: string,
  guides: ReadonlySet<string>,
): string | undefined {
  if (/^[a-z]+:/i.test(link) || link.startsWith("#")) return link;
  const [path = "", anchor] = link.split("#");
  const file = posix.normalize(posix.join(posix.dirname(from), path));
  const address = guides.has(file) ? `/docs/${guidePath(file)}` : SERVED.get(file);
  return address && (anchor ? `${address}#${anchor}` : address);
}

/** Gives each heading of a page its address, as GitHub does. */
export function headingIds(): (heading: string) => string {
  const taken = new Map<string, number>();
  return (heading) => {
    const id = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    const before = taken.get(id) ?? 0;
    taken.set(id, before + 1);
    return before === 0 ? id : `${id}-${before}`;
  };
}
