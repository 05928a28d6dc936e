import { withDeferred } from "deferred-runner/vitepress";

export default withDeferred({ title: "Torture" }, { lock: "../deferred-blocks.lock.json" });
