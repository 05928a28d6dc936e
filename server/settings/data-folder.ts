import { join } from "node:path";

/** Paths below the data folder. Secret files have mode 0600, their folders 0700. */
export interface DataFolder {
  root: string;
  /** The master key, used if `DEFERRED_SECRET` is not set. */
  secret: string;
  /** The owner's API token, which the command line on this machine uses. */
  ownerToken: string;
  /** `{url, pid, proxied}` of the server that last started on this folder. */
  serverFile: string;
  database: string;
  /** The server's recorded faults. */
  faults: string;
  storage: string;
  /** Spools long request bodies until their signature is verified. */
  bodies: string;
  /** Every build of the element that was ever served from here. */
  scripts: string;
  /** Cached files that can be recreated at any time. */
  cache: string;
  /** One folder for each launch of local compute. */
  machines: string;
  /** The server's own signing key, for receipts. */
  receiptKey: string;
  /** Private keys of a project, one JWK a file named after its thumbprint. */
  keys(slug: string): string;
}

export function dataFolder(root: string): DataFolder {
  return {
    root,
    secret: join(root, "secret"),
    ownerToken: join(root, "owner-token"),
    serverFile: join(root, "server.json"),
    database: join(root, "deferred.db"),
    faults: join(root, "faults.json"),
    storage: join(root, "storage"),
    bodies: join(root, "bodies"),
    scripts: join(root, "scripts"),
    cache: join(root, "cache"),
    machines: join(root, "machines"),
    receiptKey: join(root, "receipt-key.json"),
    keys: (slug) => join(root, "keys", ...slug.split("/")),
  };
}

/** The project that the first start creates. */
export const FIRST_PROJECT = "local/demo";
