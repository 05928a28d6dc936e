const folder = process.env["NODE_COMPILE_CACHE"];

/** For the environment of our own programs: what one of them compiled, hundreds of others need not. */
export const COMPILED: Record<string, string> = folder ? { NODE_COMPILE_CACHE: folder } : {};
