import { vi } from "vitest";

// A busy machine takes longer than the second that `waitFor` has by itself, and no setting changes that.
const { waitFor } = vi;
vi.waitFor = (callback, options = 30_000) => waitFor(callback, options);
