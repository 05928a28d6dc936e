/**
 * What a machine wrote, as one line that may be shown: nothing of it steers a terminal, or turns the direction of a
 * text.
 */
export function oneLine(text: string, most: number): string {
  return text
    .replaceAll(/\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*|.)/g, "")
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, most);
}
