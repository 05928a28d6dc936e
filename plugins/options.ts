/** The options of every plug-in. */
export interface PluginOptions {
  /** The server that runs the blocks. Default: the lock's, else `DEFERRED_URL`, else this machine's. */
  aud?: string | undefined;
  /** The project that signs, `owner/name`. Default: the lock's, else `DEFERRED_PROJECT`, else `local/demo`. */
  project?: string | undefined;
  /** Id of the key. Default: `DEFERRED_SIGNING_KEY`, else the newest of the data folder. */
  key?: string | undefined;
  /** The folder of the files that marks name, and of the lock. Default: the current folder. */
  root?: string | undefined;
  /** Default: `deferred-blocks.lock.json` in the root. */
  lock?: string | undefined;
  /** URL of the element's script; false: pages load it on their own. Default: the server's. */
  script?: string | false | undefined;
  /** A mark for every block, such as `cache=1h`. */
  defaults?: string | undefined;
}
