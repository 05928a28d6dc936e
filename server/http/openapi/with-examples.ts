import type { generateSpecs } from "hono-openapi";
import { EXAMPLES } from "./examples/index.ts";
import type { CallExample } from "./examples/example.ts";

export type Paths = Awaited<ReturnType<typeof generateSpecs>>["paths"];
type PathItem = NonNullable<Paths[string]>;
type Operation = NonNullable<PathItem["get"]>;
type Content = Record<string, object>;

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** Adds the example of each call to its parameters, its body, and its answer: of several, the one of a new thing. */
export function withExamples(paths: Paths): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [path, item && withExamplesOfPath(path, item)]),
  );
}

function withExamplesOfPath(path: string, item: PathItem): PathItem {
  const changed: PathItem = { ...item };
  for (const method of METHODS) {
    const example = EXAMPLES[`${method.toUpperCase()} ${path}`];
    const operation = item[method];
    if (operation && example) changed[method] = withExample(operation, example);
  }
  return changed;
}

/** Makes new objects, because routes share descriptions. */
function withExample(operation: Operation, example: CallExample): Operation {
  const { parameters, requestBody, responses } = operation;
  const values: Record<string, string> = {
    ...{ owner: "acme", name: "site" },
    ...example.query,
    ...example.path,
  };
  const answered = Object.entries(responses).findLast(
    ([status, answer]) => Number(status) < 300 && "content" in answer && answer.content,
  );
  return {
    ...operation,
    ...(parameters && {
      parameters: parameters.map((parameter) => {
        const value = "name" in parameter && parameter.in !== "header" && values[parameter.name];
        return value ? { ...parameter, example: value } : parameter;
      }),
    }),
    ...(requestBody && { requestBody: withContent(requestBody, example.body) }),
    responses: {
      ...responses,
      ...(answered && { [answered[0]]: withContent(answered[1], example.answer) }),
    },
  };
}

function withContent<T extends object>(described: T & { content?: Content }, example: unknown): T {
  const { content } = described;
  if (!content || example === undefined) return described;
  return {
    ...described,
    content: Object.fromEntries(
      Object.entries(content).map(([type, schema]) => [type, { ...schema, example }]),
    ),
  };
}
