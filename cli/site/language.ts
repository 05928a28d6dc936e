import { RUNTIME_FACTS, RUNTIMES, type RuntimeName } from "../../protocol/runtimes.ts";

/** Names of languages in Markdown that are neither a runtime's, nor its highlighter's, nor an extension of its files. */
const OTHER_NAMES: Readonly<Record<string, RuntimeName>> = {
  shell: "bash",
  "shell-session": "bash",
  zsh: "bash",
  jsx: "node",
  nodejs: "node",
  python3: "python",
};

/** The runtime of a language as Markdown names it: `js`, `python`, `sh`; undefined if none is known. */
export function runtimeOfLanguage(language: string | undefined): RuntimeName | undefined {
  const name = language?.toLowerCase();
  if (name === undefined) return undefined;
  const found = RUNTIMES.find((runtime) => {
    const { highlight, extensions } = RUNTIME_FACTS[runtime];
    return runtime === name || highlight.name === name || extensions.includes(`.${name}`);
  });
  return found ?? (Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : undefined);
}
