/** A commit's change to one file. */
export interface FileChange {
  /** Name after the commit; before it where the commit removes the file. */
  readonly path: string;
  /** Name before, where the commit renamed it. */
  readonly from: string | undefined;
  readonly added: number;
  readonly removed: number;
  /** Start and count of lines before, start and count after, four numbers a hunk. */
  readonly hunks: readonly number[];
}

const NEWLINE = 0x0a;
const HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** git echoes an input line that names no object, after the output of all lines before it. */
export const MARK = "=";

/**
 * A streaming parser of `git diff-tree --stdin -p -U0`. Content lines, nearly all of the output, are counted without
 * being decoded or kept. `marked` is called once all changes before a mark were emitted.
 */
export function patchReader(
  emit: (commit: string, change: FileChange) => void,
  marked: () => void,
) {
  let rest: Buffer = Buffer.alloc(0);
  let commit = "";
  /** Lines of contents that are still to come in the hunk. */
  let left = 0;
  let open: Partial<Writable<FileChange>> & { hunks: number[]; before?: string } = { hunks: [] };

  const end = () => {
    const { path = open.before, from, hunks } = open;
    if (path !== undefined) {
      let added = 0;
      let removed = 0;
      for (let index = 0; index < hunks.length; index += 4) {
        removed += hunks[index + 1]!;
        added += hunks[index + 3]!;
      }
      emit(commit, { path, from, added, removed, hunks });
    }
    open = { hunks: [] };
  };

  const line = (text: string) => {
    if (text.startsWith("@@ ")) {
      const [, os, oc = "1", ns, nc = "1"] = HEADER.exec(text) ?? [];
      open.hunks.push(Number(os), Number(oc), Number(ns), Number(nc));
      left = Number(oc) + Number(nc);
    } else if (text.startsWith("diff --git ")) {
      end();
      // Files that are empty, binary or have but another mode are named nowhere else.
      open.before = sameName(text.slice("diff --git ".length));
    } else if (text.startsWith("rename from ")) open.from = unquoted(text.slice(12));
    else if (text.startsWith("rename to ")) open.path = unquoted(text.slice(10));
    else if (text.startsWith("--- ") && text !== "--- /dev/null") {
      open.before = unquoted(text.slice(4)).slice(2);
    } else if (text.startsWith("+++ ") && text !== "+++ /dev/null") {
      open.path = unquoted(text.slice(4)).slice(2);
    } else if (/^[0-9a-f]{40,64}$/.test(text)) {
      end();
      commit = text;
    } else if (text === MARK) {
      end();
      marked();
    }
  };

  return {
    write(chunk: Buffer): void {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (;;) {
        const to = bytes.indexOf(NEWLINE, from);
        if (to === -1) break;
        // "\ No newline at end of file" stands between lines of contents and is none.
        if (left > 0 && bytes[from] !== 0x5c) left--;
        else if (left === 0) line(bytes.toString("utf8", from, to));
        from = to + 1;
      }
      rest = bytes.subarray(from);
    },
  };
}

type Writable<Of> = { -readonly [Key in keyof Of]: Of[Key] };

/** Of `a/NAME b/NAME`, which are the same where neither of the other lines tells. */
function sameName(names: string): string | undefined {
  if (names.startsWith('"')) return unquoted(names.slice(0, names.length / 2)).slice(2);
  const half = (names.length - 1) / 2;
  return names.slice(2, half) === names.slice(half + 3) ? names.slice(2, half) : undefined;
}

const ESCAPES: Record<string, string> = {
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
};

/** A name as git writes it where it has quotes, backslashes or control characters; a tab ends others. */
function unquoted(line: string): string {
  const name = line.replace(/\t$/, "");
  if (!name.startsWith('"')) return name;
  const bytes: Buffer[] = [];
  for (const [, octal, letter, text] of name
    .slice(1, -1)
    .matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gs)) {
    if (octal !== undefined) bytes.push(Buffer.from([Number.parseInt(octal, 8)]));
    else bytes.push(Buffer.from(text ?? ESCAPES[letter!] ?? letter!));
  }
  return Buffer.concat(bytes).toString("utf8");
}
