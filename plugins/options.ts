/** The options of every plug-in. */
export interface PluginOptions {
  /** The server that runs the blocks. Default: what the lock says, else `DEFERRED_URL`, else this machine's. */
  aud?: string | undefined;
  /** Who signs, `owner/name`. Default: what the lock says, else `DEFERRED_PROJECT`, else `local/demo`. */
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
