/** What an answer consists of: arrays become `item` elements, or such of another name, what is undefined is left out. */
export type Xml = string | number | boolean | Date | undefined | Xml[] | { [name: string]: Xml };

export function xml(name: string, value: Xml, attributes = "", item = "item"): string {
  if (value === undefined) return "";
  return `<${name}${attributes}>${inner(value, item)}</${name}>`;
}

function inner(value: Exclude<Xml, undefined>, item: string): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((one) => xml(item, one, "", item)).join("");
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, part]) => xml(name, part, "", item))
      .join("");
  }
  return String(value).replace(/[<>&"\r]/g, (found) => `&#${found.charCodeAt(0)};`);
}
