import * as v from "valibot";

const named = v.object({
  name: v.string(),
  description: v.optional(v.string(), ""),
  type: v.optional(v.object({ text: v.string() })),
});
const ManifestSchema = v.object({
  modules: v.array(
    v.object({
      declarations: v.optional(
        v.array(
          v.object({
            tagName: v.optional(v.string()),
            attributes: v.optional(v.array(named), []),
            events: v.optional(
              v.array(v.object({ ...named.entries, name: v.optional(v.string()) })),
              [],
            ),
            slots: v.optional(v.array(named), []),
            cssParts: v.optional(v.array(named), []),
            cssProperties: v.optional(v.array(named), []),
            cssStates: v.optional(v.array(named), []),
          }),
        ),
        [],
      ),
    }),
  ),
});

const LooseSchema = v.looseObject({
  modules: v.array(
    v.looseObject({
      declarations: v.optional(
        v.array(
          v.looseObject({
            members: v.optional(
              v.array(v.looseObject({ name: v.string(), privacy: v.optional(v.string()) })),
            ),
            attributes: v.optional(v.array(v.looseObject({ fieldName: v.optional(v.string()) }))),
          }),
        ),
      ),
    }),
  ),
});

/** A manifest without private members, which the analyzer lists: it takes Lit's state for attributes. */
export function publicPart(manifest: string): string {
  const whole = v.parse(LooseSchema, JSON.parse(manifest));
  for (const declaration of whole.modules.flatMap((module) => module.declarations ?? [])) {
    const members = declaration.members ?? [];
    const isPrivate = ({ name, privacy }: { name: string; privacy?: string | undefined }) =>
      privacy === "private" || name.startsWith("#");
    const hidden = new Set(members.filter(isPrivate).map(({ name }) => name));
    declaration.members = members.filter(({ name }) => !hidden.has(name));
    declaration.attributes = (declaration.attributes ?? []).filter(
      ({ fieldName }) => fieldName === undefined || !hidden.has(fieldName),
    );
  }
  return JSON.stringify(whole);
}

/** The tables of docs/embed.md, from a custom elements manifest. */
export function elementTables(manifest: string): string {
  const { modules } = v.parse(ManifestSchema, JSON.parse(manifest));
  const element = modules
    .flatMap((module) => module.declarations)
    .find((declaration) => declaration.tagName === "deferred-runner");
  if (!element) throw new Error("widget/ documents no element named deferred-runner.");
  return [
    table("Attribute", "Type", element.attributes),
    table("Event", "Type", element.events),
    table("Slot", undefined, element.slots),
    table("Part", undefined, element.cssParts),
    table("Custom property", undefined, element.cssProperties),
    table("State", undefined, element.cssStates),
  ]
    .filter((text) => text !== "")
    .join("\n");
}

type Row = { name?: string | undefined; description: string; type?: { text: string } | undefined };

function table(kind: string, type: string | undefined, rows: Row[]): string {
  if (rows.length === 0) return "";
  const heads = type === undefined ? [kind, "Meaning"] : [kind, type, "Meaning"];
  const lines = rows.map((row) => {
    const name = row.name ? code(row.name) : "(default)";
    const meaning = row.description.replace(/\s+/g, " ").replaceAll("|", "\\|");
    return type === undefined ? [name, meaning] : [name, code(row.type?.text ?? ""), meaning];
  });
  const body = [heads, heads.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`);
  return `${body.join("\n")}\n`;
}

function code(text: string): string {
  return text === "" ? "" : `\`${text.replaceAll("|", "\\|")}\``;
}
