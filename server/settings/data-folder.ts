import { join } from "node:path";

/** Where things lie below the data folder. Everything secret has mode 0600, its folder 0700. */
export interface DataFolder {
  root: string;
  /** The master key, where no `DEFERRED_SECRET` is set. */
  secret: string;
  /** The owner's API token, which the command line on this machine uses. */
  ownerToken: string;
  /** `{url, pid, proxied}` of the server that last started on this folder. */
  serverFile: string;
  database: string;
  /** What failed by the server's own fault. */
  faults: string;
  storage: string;
  /** Where long bodies wait until they are known to be signed; empty between two requests. */
  bodies: string;
  /** Every build of the element that was ever served from here. */
  scripts: string;
  /** What can be made again at any time. */
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

/** The project that a new data folder begins with. */
export const FIRST_PROJECT = "local/demo";
