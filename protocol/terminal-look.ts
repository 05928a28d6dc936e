/** The look of text. Six colours are shown: both schemes of the pages have them with enough contrast. */
export interface Look {
  /** 1 to 6 in ECMA-48's numbering: red, green, yellow, blue, magenta, cyan; 0 is the default colour. */
  colour: number;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
}

export const plain: Look = {
  colour: 0,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
};

/** Select Graphic Rendition: ECMA-48, the sixteen colours that terminals know, 256 colours and RGB. */
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
      if (code === 38) Object.assign(next, colour);
    } else apply(next, code);
  }
  return next;
}

function apply(next: Look, code: number): void {
  if (code === 0) Object.assign(next, plain);
  else if (code === 1) next.bold = true;
  else if (code === 2) next.dim = true;
  else if (code === 3) next.italic = true;
  else if (code === 4) next.underline = true;
  else if (code === 7) next.inverse = true;
  else if (code === 22) next.bold = next.dim = false;
  else if (code === 23) next.italic = false;
  else if (code === 24) next.underline = false;
  else if (code === 27) next.inverse = false;
  else if (code >= 31 && code <= 36) next.colour = code - 30;
  else if (code >= 91 && code <= 96) next.colour = code - 90;
  else if (code === 90) [next.colour, next.dim] = [0, true];
  else if (code === 30 || code === 37 || code === 39 || code === 97) next.colour = 0;
}

type Colour = Pick<Look, "colour"> & { dim?: true };

/**
 * The parameters after 38: `5;number` or `2;red;green;blue`; with colons a colour space may precede red.
 */
function extendedColour([kind, ...values]: number[], spaced: boolean): Colour {
  if (kind === 2) return nearest(...(values.slice(spaced && values.length > 3 ? 1 : 0) as Rgb));
  const [number = 0] = values;
  if (number < 16) return { colour: number % 8 === 7 ? 0 : number % 8, ...(number === 8 && DIM) };
  if (number > 231) return number < 244 ? { colour: 0, ...DIM } : { colour: 0 };
  const step = (by: number) => (Math.floor((number - 16) / by) % 6) * 51;
  return nearest(step(36), step(6), step(1));
}

type Rgb = [red: number, green: number, blue: number];
const DIM = { dim: true } as const;

/** The one of the six colours with the same strong components; greys have none. */
function nearest(red = 0, green = 0, blue = 0): Colour {
  const [least, most] = [Math.min(red, green, blue), Math.max(red, green, blue)];
  if (most - least < 40) return most > 0 && most < 110 ? { colour: 0, ...DIM } : { colour: 0 };
  const middle = (least + most) / 2;
  return { colour: (red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0) };
}
