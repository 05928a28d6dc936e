import { Lexer } from "yaml";
import type { Mistake } from "./refuse.ts";

/** Reading takes some microseconds a token. */
const MAX_TOKENS = 8_192;
const MAX_DEPTH = 32;
/** Characters of a tag that a mistake shows. */
const MAX_TAG = 40;
/** Tokens that the lexer adds to slices of the text. */
const DOCUMENT = "\u0002";
const FLOW_ERROR = "\u0018";
const SCALAR = "\u001F";
const ESCAPE = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0abt\tnvfre "/\\N_LP\n])/g;

/**
 * The first token that YAML allows and a project's file does not, found before parsing: tags, directives and explicit
 * keys change the meaning of a line, and deep nesting or many parts would block the thread.
 */
export function mistakeInTokens(text: string): Mistake | undefined {
  let line = 1;
  let depth = 0;
  let dashes = 0;
  let tokens = 0;
  let isScalar = false;
  const lines = text.split("\n");
  for (const token of new Lexer().lex(text)) {
    if (token === SCALAR) {
      isScalar = true;
      continue;
    }
    if (token === DOCUMENT || (token === FLOW_ERROR && !isScalar)) continue;
    if (++tokens > MAX_TOKENS) return { line, text: "the file has too many parts; write less" };
    const wrong = isScalar ? undefined : mistakeIn(token, lines[line - 1] ?? "");
    if (wrong !== undefined) return { line, text: wrong };
    if (!isScalar) {
      if (token === "[" || token === "{") depth++;
      else if (token === "]" || token === "}") depth--;
      else if (token === "-") dashes++;
      if (Math.max(depth, dashes) > MAX_DEPTH)
        return { line, text: `lists and maps nest deeper than ${MAX_DEPTH}; write fewer levels` };
    }
    isScalar = false;
    if (!token.includes("\n")) continue;
    line += token.split("\n").length - 1;
    dashes = 0;
  }
  return undefined;
}

function mistakeIn(token: string, line: string): string | undefined {
  if (token.startsWith("!")) {
    const tag = token.length > MAX_TAG ? "!" : token;
    return `${tag} is a tag in YAML; put the text into quotes${quoted(line, line.indexOf(token))}`;
  }
  if (token.startsWith("%")) return "% begins a directive in YAML; leave it out";
  if (token === "?") return "? begins a key of several lines in YAML; put the text into quotes";
  if (token.startsWith('"') && token.replaceAll(ESCAPE, "").includes("\\")) {
    return "\\ begins an escape in double quotes that YAML does not have; put the text into single quotes";
  }
  return undefined;
}

/** Characters of a line that a mistake shows. */
const MAX_SHOWN = 200;
/** Tokens that may come before a scalar that has its line to itself. */
const BEFORE = /^\s*(?:- +)*(?:[\w-]+: +)?$/;

/** `: '…'` for the rest of the line from where the text begins, where the line is that text's alone. */
export function quoted(line: string, from: number): string {
  const text = line.slice(from).trim();
  if (!BEFORE.test(line.slice(0, from)) || text.length > MAX_SHOWN) return "";
  return `: '${text.replaceAll("'", "''")}'`;
}
