import { extname } from "node:path";
import { RUNTIMES, type RuntimeName } from "../../protocol/runtimes.ts";

const EXTENSIONS: Record<string, RuntimeName> = {
  ".bash": "bash",
  ".sh": "bash",
  ".js": "node",
  ".mjs": "node",
  ".cjs": "node",
  ".py": "python",
  ".rb": "ruby",
};

/** The names interpreters go by in a shebang, without their versions. */
const INTERPRETERS: Record<string, RuntimeName> = {
  bash: "bash",
  sh: "bash",
  node: "node",
  nodejs: "node",
  python: "python",
  ruby: "ruby",
};

/** The runtime a file is for, by its extension, else by its shebang. */
export function guessRuntime(name: string, source: string): RuntimeName | undefined {
  const shebang = /^#!\s*(\S+)(?:\s+(?:-S\s+)?(\S+))?/.exec(source);
  const [, path = "", argument = ""] = shebang ?? [];
  const program = path.split("/").at(-1) === "env" ? argument : path.split("/").at(-1)!;
  return EXTENSIONS[extname(name).toLowerCase()] ?? INTERPRETERS[program.replace(/[\d.]+$/, "")];
}

export const RUNTIME_NAMES = RUNTIMES.join(", ");
