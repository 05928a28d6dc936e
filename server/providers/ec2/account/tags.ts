/** Tags by which a server's machines are known: whose they are, and the fleet that they belong to. */
export const OWNER_TAG = "deferred:owner";
export const FLEET_TAG = "deferred:fleet";
