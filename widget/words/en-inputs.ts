import { inputFaultWords } from "../../protocol/input-values.ts";
import type { InputWords } from "./words.ts";

/** English of inputs; a fault is said in the server's own words. */
export const englishInputs: InputWords = {
  fault: (fault) => {
    const words = inputFaultWords(fault);
    return `${words[0]!.toUpperCase()}${words.slice(1)}.`;
  },
  between: (min, max) => `${min} to ${max}`,
  least: (min) => `${min} or more`,
  most: (max) => `${max} or less`,
  whole: "A whole number",
  mostBytes: (bytes) => `${bytes} bytes at most`,
  counted: (bytes, most, characters) =>
    bytes === characters
      ? `${bytes} of ${most} bytes`
      : `${bytes} of ${most} bytes, in ${characters} characters`,
  emptied: (value) => `Empty: ${value} is used.`,
  total: "Inputs are over 32 KiB in all.",
};
