/**
 * Tags that say whose something is. The server's URL is known before its first start, when its fleet has
 * no id yet: what is made for a server is told by it.
 */
export const OWNER_TAG = "deferred:owner";
/** The fleet a machine belongs to. */
export const FLEET_TAG = "deferred:fleet";
