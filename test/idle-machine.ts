/** How local machines are started in tests that play the responder: a shell costs 2 ms of CPU, Node 40. */
export const IDLE_MACHINE = {
  command: "sh",
  // A loop keeps the shell from being replaced by `sleep`: the launch's folder stays in its command line.
  args: ["-c", "while :; do sleep 1000; done", "idle-machine"],
};
