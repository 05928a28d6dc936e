import { parse, type CollectionTag, type ScalarTag } from "yaml";

interface Parameter {
  Type: string;
  Default?: string | number;
  AllowedValues?: (string | number)[];
  AllowedPattern?: string;
  ConstraintDescription?: string;
  MinValue?: number;
  MaxValue?: number;
  Description?: string;
}

export interface Resource {
  Type: string;
  Condition?: string;
  DeletionPolicy?: string;
  Properties?: Record<string, unknown>;
}

export interface Template {
  Parameters: Record<string, Parameter>;
  Rules?: Record<string, { RuleCondition?: unknown; Assertions: Record<string, unknown>[] }>;
  Conditions: Record<string, unknown>;
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown; Condition?: string }>;
}

const FUNCTIONS = [
  "Ref",
  "Condition",
  ..."Sub GetAtt If Equals Not And Or Join Select Split".split(" "),
];
const nameOf = (short: string) =>
  short === "Ref" || short === "Condition" ? short : `Fn::${short}`;

/** A template as its long form says it: `!Ref X` is `{ Ref: "X" }`. */
export function readTemplate(text: string): Template {
  const scalars: ScalarTag[] = [...FUNCTIONS, "GetAZs"].map((short) => ({
    tag: `!${short}`,
    resolve: (value: string) => ({
      [nameOf(short)]: short === "GetAtt" ? value.split(/\.(.*)/s).slice(0, 2) : value,
    }),
  }));
  const lists: CollectionTag[] = FUNCTIONS.map((short) => ({
    tag: `!${short}`,
    collection: "seq",
    resolve: (value: { toJSON(): unknown }) => ({
      toJSON: () => ({ [nameOf(short)]: value.toJSON() }),
    }),
  })) as unknown as CollectionTag[];
  const parsed: unknown = parse(text, { customTags: [...scalars, ...lists] });
  return JSON.parse(JSON.stringify(parsed)) as Template;
}
