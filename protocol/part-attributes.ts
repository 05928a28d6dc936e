import type { FileBytes } from "./block-files.ts";

/** The `files` attribute of a tag: `path:bytes` with blanks between, the bytes in base64url. */
export function writeFiles(files: FileBytes): string {
  return Object.entries(files)
    .map(([path, base64]) => `${encodeURIComponent(path)}:${toUrlAlphabet(base64)}`)
    .join(" ");
}

/** Reads the output of `writeFiles`. Malformed files are left out, so that the server misses them. */
export function readFiles(text: string): FileBytes {
  const files = text
    .split(/\s+/)
    .map((entry) => /^([^:]+):([\w-]*)$/.exec(entry))
    .flatMap((match) => (match ? [[decodePath(match[1]!), match[2]!] as const] : []));
  return Object.fromEntries(files);
}

/** The `setup` attribute: UTF-8 text in base64url. */
export function writeSetup(code: string): string {
  const bytes = new TextEncoder().encode(code);
  return toUrlAlphabet(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
}

/** Reads what `writeSetup` wrote; undefined where it is malformed. */
export function readSetup(text: string): string | undefined {
  try {
    const binary = atob(text.trim().replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function toUrlAlphabet(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
