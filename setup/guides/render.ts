import { globSync, readFileSync } from "node:fs";
import type { Guide, Guides } from "../../server/pages/docs/guides.ts";
import { inRoot, ROOT } from "../root.mjs";
import { guidePath } from "./addresses.ts";
import { GUIDE_GROUPS, type GuideGroup, type ListedGuide } from "./list.ts";
import { renderMarkdown } from "./markdown.ts";

/** Every guide as a page of the server shows it. */
export function renderGuides(): Guides {
  const listed = new Set(GUIDE_GROUPS.flatMap(({ guides }) => guides.map(({ file }) => file)));
  const others = globSync("docs/**/*.md", { cwd: ROOT })
    .filter((file) => !listed.has(file))
    .sort();
  const files = new Set([...listed, ...others]);
  const among = (inFolder: boolean) =>
    others
      .filter((file) => file.startsWith("docs/decisions/") === inFolder)
      .map((file) => ({ file, sentence: "" }));
  const groups: GuideGroup[] = [
    ...GUIDE_GROUPS,
    { name: "More", guides: among(false) },
    { name: "Decisions", folded: true, guides: among(true) },
  ];
  return groups.map(({ name, folded = false, guides }) => ({
    ...{ name, folded },
    guides: guides.map((guide) => renderGuide(guide, files)),
  }));
}

function renderGuide({ file, name, sentence }: ListedGuide, files: ReadonlySet<string>): Guide {
  const text = readFileSync(inRoot(file), "utf8");
  const shown = file === "README.md" ? startOf(text) : text;
  const { title, html, sections } = renderMarkdown(shown, file, files);
  return { path: guidePath(file), name: name ?? title, title, sentence, html, sections };
}

/** The part of the README for beginners: without its picture, the list of guides, and words for contributors. */
function startOf(readme: string): string {
  const begin = readme.indexOf("\n## Start\n");
  const end = readme.indexOf("\n## Read more\n");
  if (begin < 0 || end < begin)
    throw new Error('README.md has no "## Start", or no "## Read more"');
  return `# Start\n${readme.slice(begin, end).replace("\n## Start\n", "\n")}`;
}
