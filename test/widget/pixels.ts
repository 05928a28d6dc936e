import { page } from "vitest/browser";

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/** The colours that Chromium really painted for `element`, with how many pixels each has, most first. */
export async function paintedColours(element: Element): Promise<[Colour, number][]> {
  const data = await pixelsOf(element);
  const counts = new Map<string, number>();
  for (let index = 0; index < data.length; index += 4) {
    const colour = `${data[index]} ${data[index + 1]} ${data[index + 2]}`;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([colour, count]) => [colour.split(" ").map(Number) as unknown as Colour, count]);
}

async function pixelsOf(element: Element): Promise<Uint8ClampedArray> {
  const base64 = await page.screenshot({ element, save: false });
  const image = new Image();
  image.src = `data:image/png;base64,${base64}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d")!;
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height).data;
}

/** WCAG's contrast ratio, 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
