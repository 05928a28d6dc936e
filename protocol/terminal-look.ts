/** A colour that a program asked for: its number among the 16 of terminals, or red, green and blue. */
export type Colour = number | Rgb;
export type Rgb = readonly [red: number, green: number, blue: number];

/** The look of text. An absent colour is the default. */
export interface Look {
  readonly foreground: Colour | undefined;
  readonly background: Colour | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

export const plain: Look = {
  foreground: undefined,
  background: undefined,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
};

/** Select Graphic Rendition: ECMA-48, the 16 colours that terminals know, 256 colours and RGB. */
export function nextLook(look: Look, codes: string): Look {
  const next = { ...look };
  const parameters = codes.split(";");
  for (let index = 0; index < parameters.length; index++) {
    // `38:5:196` is one parameter, `38;5;196` are three.
    const [code = 0, ...own] = parameters[index]!.split(":").map(Number);
    if (code === 38 || code === 48) {
      const rest = own.length > 0 ? own : parameters.slice(index + 1, index + 5).map(Number);
      const colour = extendedColour(rest, own.length > 3);
      if (own.length === 0) index += rest[0] === 5 ? 2 : 4;
      Object.assign(next, { [code === 38 ? "foreground" : "background"]: colour });
    } else Object.assign(next, changes(code));
  }
  return next;
}

const STYLES: Readonly<Record<number, Partial<Look>>> = {
  0: plain,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  39: { foreground: undefined },
  49: { background: undefined },
};

function changes(code: number): Partial<Look> | undefined {
  if (code >= 30 && code <= 37) return { foreground: code - 30 };
  if (code >= 40 && code <= 47) return { background: code - 40 };
  if (code >= 90 && code <= 97) return { foreground: code - 82 };
  if (code >= 100 && code <= 107) return { background: code - 92 };
  return STYLES[code];
}

/**
 * The parameters after 38: `5;number` or `2;red;green;blue`; with colons a colour space may precede red.
 */
function extendedColour([kind, ...values]: number[], spaced: boolean): Colour {
  if (kind === 2) {
    const [red = 0, green = 0, blue = 0] = values.slice(spaced && values.length > 3 ? 1 : 0);
    return [red, green, blue];
  }
  const [number = 0] = values;
  if (number < 16) return number;
  if (number > 231) {
    const grey = (number - 232) * 10 + 8;
    return [grey, grey, grey];
  }
  const step = (by: number) => (Math.floor((number - 16) / by) % 6) * 51;
  return [step(36), step(6), step(1)];
}
