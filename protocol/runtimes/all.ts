export { bash } from "./bash.ts";
export { node } from "./node.ts";
export { python } from "./python.ts";
export { ruby } from "./ruby.ts";
