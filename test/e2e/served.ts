// For branches that are under way.
export * from "../systems/process.ts";
