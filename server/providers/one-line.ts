/**
 * A machine's output as one safe line, without control characters and bidirectional overrides.
 */
export function oneLine(text: string, most: number): string {
  return text
    .replaceAll(/\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*|.)/g, "")
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, most);
}
