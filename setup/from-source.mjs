// Lets a site that lies in this clone import the package by its name, without a build: node --import FILE.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { inRoot } from "./root.mjs";

registerHooks({
  resolve(specifier, context, next) {
    const plugin = /^deferred-runner\/([a-z-]+)$/.exec(specifier)?.[1];
    if (plugin === undefined) return next(specifier, context);
    return next(pathToFileURL(inRoot("plugins", `${plugin}.ts`)).href, context);
  },
});
