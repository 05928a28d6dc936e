import type { Profiler } from "node:inspector";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { NODE_PARTS, type PartRule } from "./parts.ts";

const ROOT = `${pathToFileURL(join(import.meta.dirname, "../..")).href}/`;
const IDLE = "(idle)";
/** Starting the profiler takes hundreds of milliseconds, once. */
const OF_BENCH = /^bench\//;
const OF_PROFILER = /^node:inspector/;

/** Milliseconds of samples that were not idle, by part and by source file. */
export interface Attributed {
  parts: Map<string, number>;
  /** The nearest file of the project, with the function's name. */
  functions: Map<string, number>;
  busyMs: number;
}

interface Frame {
  source: string;
  name: string;
}

/** Adds each sample to the part of its nearest frame that has one, from the leaf up. */
export function attribute(
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  rules: readonly PartRule[],
): Attributed {
  const stacks = stacksOf(nodes);
  const parts = new Map<string, number>();
  const functions = new Map<string, number>();
  let busyMs = 0;
  for (const [index, id] of samples.entries()) {
    const whole = stacks.get(id) ?? [];
    // What is counted passes through the bench's own functions.
    const stack = whole.filter(({ source }) => !OF_BENCH.test(source));
    const leaf = stack[0];
    if (!leaf || leaf.name === IDLE || stack.some(({ source }) => OF_PROFILER.test(source)))
      continue;
    const ms = (timeDeltas[index + 1] ?? 0) / 1000;
    busyMs += ms;
    add(parts, partOf(stack, rules), ms);
    add(functions, describe(stack), ms);
  }
  return { parts, functions, busyMs };
}

function partOf(stack: readonly Frame[], rules: readonly PartRule[]): string {
  for (const known of [rules, NODE_PARTS]) {
    for (const { source, name } of stack) {
      const rule = known.find(([, pattern]) => pattern.test(`${source} ${name}`));
      if (rule) return rule[0];
    }
  }
  // `(garbage collector)` and `(program)`: V8 and the kernel with no JavaScript on the stack.
  return stack[0]!.name;
}

function describe(stack: readonly Frame[]): string {
  const own = stack.find(({ source }) => /^(?!node_modules|node:)./.test(source));
  const leaf = stack[0]!;
  const at = leaf.source && leaf !== own ? ` (${leaf.source})` : "";
  return own && own !== leaf
    ? `${leaf.name || "(anonymous)"}${at} ← ${own.source} ${own.name}`
    : `${leaf.name || "(anonymous)"} ${leaf.source}`;
}

/** Each node's frames, its own first. */
function stacksOf(nodes: readonly Profiler.ProfileNode[]): Map<number, Frame[]> {
  const stacks = new Map<number, Frame[]>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((it) => [it, id])));
  for (const { id } of nodes) {
    const stack: Frame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const { url, functionName } = byId.get(at)!.callFrame;
      stack.push({ source: url.replace(ROOT, ""), name: functionName });
    }
    stacks.set(id, stack);
  }
  return stacks;
}

function add(sums: Map<string, number>, name: string, ms: number): void {
  sums.set(name, (sums.get(name) ?? 0) + ms);
}
