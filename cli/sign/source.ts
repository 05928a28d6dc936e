import { CanonicalCodeError, canonicalCode, changedInside } from "../../protocol/canonical-code.ts";
import { MAX_CODE_BYTES } from "../../protocol/sizes.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { readBytes } from "../terminal/read-text.ts";

/** The text of a program, or of stdin for `-`, without a byte order mark. Throws `CliError`. */
export async function readProgram(name: string): Promise<string> {
  return decodeProgram(name, await readBytes(name));
}

/** UTF-8 text without a byte order mark. Throws `CliError`. */
export function decodeProgram(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CliError(`${name} is not UTF-8 text`, { cause });
  }
}

/** The canonical form of a program, and notes about what it changed. */
export function canonicalSource(name: string, source: string): { code: string; notes: string[] } {
  const code = canonical(name, source);
  if (code === "") {
    throw new CliError(`${name} has no code`, { exitCode: EXIT.refused });
  }
  const bytes = Buffer.byteLength(code);
  if (bytes > MAX_CODE_BYTES) {
    throw new CliError(`${name} has ${bytes} bytes; a block may have ${MAX_CODE_BYTES}`, {
      hint: "make the program smaller",
      exitCode: EXIT.refused,
    });
  }
  const notes: string[] = [];
  const changed = changedInside(source);
  if (changed.length > 0) {
    const [first] = changed;
    const lines = changed.length === 1 ? `line ${first}` : `lines ${changed.join(", ")}`;
    notes.push(`blanks on otherwise empty lines are not part of the code: ${lines}`);
  }
  if (/[^\0-\x7f]/.test(code)) notes.push("the code is not all ASCII: save the page as UTF-8");
  return { code, notes };
}

function canonical(name: string, source: string): string {
  try {
    return canonicalCode(source);
  } catch (cause) {
    if (!(cause instanceof CanonicalCodeError)) throw cause;
    throw new CliError(`${name}, line ${cause.line}: ${cause.found} may not be in a block`, {
      hint: "remove the character, then sign again",
      exitCode: EXIT.refused,
      cause,
    });
  }
}
