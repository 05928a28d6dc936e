import { parse } from "yaml";

/** A policy statement of the stack for the server. */
interface AllowingStatement {
  Sid: string;
  /** Parameters of the stack that it depends on. */
  parameters: string[];
}

/** Finds policy statements of the template by action and resource. */
export interface Statements {
  for(action: string, resource: string | undefined): AllowingStatement[];
}

interface Statement {
  Sid: string;
  Action: string[];
  Resource: unknown;
}

const POLICIES = ["MachinesPolicy", "FilesPolicy", "DoctorPolicy"];

/** The names of the parameters that a template takes. */
export function parameterNames(template: string): string[] {
  return Object.keys(read(template).Parameters);
}

/** Parses the template; intrinsic functions become plain text, since only names of parameters and resources matter. */
function read(template: string) {
  return parse(template, { logLevel: "silent" }) as {
    Parameters: Record<string, unknown>;
    Resources: Record<string, unknown>;
  };
}

/** Reads the statements from the template's text, so that explanations always match it. */
export function readStatements(template: string): Statements {
  const { Parameters, Resources } = read(template);
  const statements = POLICIES.flatMap((name) => statementsIn(Resources[name]));
  return {
    for(action, resource) {
      const about = statements.filter(
        (one) => one.Action.includes(action) && isAbout(one, resource),
      );
      // Statements with the same Sid are alternatives under a condition.
      return [...Map.groupBy(about, ({ Sid }) => Sid)].map(([Sid, alike]) => {
        const words = wordsIn(alike);
        const isNamed = (name: string) =>
          words.some((word) => word === name || word.includes(`\${${name}}`));
        return { Sid, parameters: Object.keys(Parameters).filter(isNamed) };
      });
    },
  };
}

function statementsIn(value: unknown): Statement[] {
  if (typeof value !== "object" || value === null) return [];
  if ("Sid" in value && "Action" in value && "Resource" in value) return [value as Statement];
  return Object.values(value).flatMap(statementsIn);
}

/** Whether a statement covers the resource's kind: `instance`, `image`, `subnet`. */
function isAbout({ Resource }: Statement, resource: string | undefined): boolean {
  const kind = resource === undefined ? undefined : kindOf(resource);
  if (kind === undefined) return true;
  const kinds = wordsIn(Resource).map(kindOf);
  return kinds.every((one) => one === undefined) || kinds.includes(kind);
}

/** The kind in `arn:…:ec2:…:kind/name`; undefined for other services. */
export function kindOf(arn: string): string | undefined {
  return /^arn:[^:]*:ec2:[^:]*:[^:]*:([a-z-]+)\//.exec(arn.replace(/\$\{[^}]*\}/g, ""))?.[1];
}

function wordsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(wordsIn);
}
