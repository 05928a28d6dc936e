import type { StreamName } from "../../protocol/events.ts";
import { lazyPart } from "../element/lazy-part.ts";
import type { Output, OutputPart } from "../element/view.ts";
import type * as terminalModule from "./terminal-output.ts";

/** Longer output is divided into pieces. */
const SHORT_CHARACTERS = 8_192;
const FEW_PARTS = 200;
/** All control characters but tabs, line ends and C1, which occurs in text; and the sequences that they begin. */
const CONTROLS = /\x1b\[[0-?]*[ -/]*[@-~]|[\0-\x08\x0b-\x1f\x7f]/g;

const loadTerminal = lazyPart(() => import("./terminal-output.ts"));
/** Absent until output is long or has control characters. */
let terminal: typeof terminalModule | undefined;

/**
 * Loads the module for long output and control characters if `text` has any. Undefined: nothing has to be loaded.
 * Without it `addOutput` shows the bare text.
 */
export function prepareOutput(text: string, parts = 0): Promise<void> | undefined {
  const isShort = text.length < SHORT_CHARACTERS && parts < FEW_PARTS;
  if (terminal || (isShort && text.search(CONTROLS) < 0)) return undefined;
  return loadTerminal().then(
    (module) => {
      terminal = module;
    },
    // The next output tries again.
    () => undefined,
  );
}

/** That module, once output needed it. */
export function loadedTerminal(): typeof terminalModule | undefined {
  return terminal;
}

/** Returns `output` with `text` appended. */
export function addOutput(output: Output, stream: StreamName, text: string, cut = 0): Output {
  if (terminal) return terminal.addLongOutput(output, stream, text, cut);
  const bare = text.replace(CONTROLS, "");
  if (bare === "" && cut === 0) return output;
  const last = output.parts.at(-1);
  const goesOn = last?.stream === stream && cut === 0;
  const part: OutputPart = goesOn
    ? { ...last, text: last.text + bare }
    : { stream, text: bare, cut };
  void prepareOutput(part.text, output.parts.length);
  return { ...output, parts: [...output.parts.slice(0, goesOn ? -1 : undefined), part] };
}
