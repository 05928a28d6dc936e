import type { PluginOptions } from "./options.ts";
import { wrapFences } from "./wrap-fences.ts";
import { siteOf } from "./site-of.ts";

/** The part of VitePress's configuration that the plug-in changes. */
interface UserConfigLike {
  head?: unknown[] | undefined;
  markdown?: { config?: ((md: never) => unknown) | undefined } | undefined;
}

/**
 * Adds runnable blocks to a VitePress configuration.
 *
 *     export default withDeferred({ title: "Docs" }, { aud: "https://runner.example" });
 */
export function withDeferred<Config extends UserConfigLike>(
  config: Config,
  options: PluginOptions = {},
): Config {
  const script = { type: "module", src: siteOf(options).scriptUrl };
  return {
    ...config,
    head: [...(config.head ?? []), ...(script.src === undefined ? [] : [["script", script]])],
    markdown: {
      ...config.markdown,
      config: async (md: never) => {
        await config.markdown?.config?.(md);
        // Vue compiles pages: `v-pre` keeps it from the element, and from braces in recorded output.
        wrapFences(md, options, { attributes: { "v-pre": "" } });
      },
    },
  };
}
