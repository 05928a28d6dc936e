/**
 * Why an attempt was lost or a run ended without a plain exit: the codes of a `Reason`. Each has its
 * sentence, which a person reads.
 */
export const REASONS = {
  wall_time: "The program was stopped: it ran longer than its time limit.",
  cpu_time: "The program was stopped: it used more processor time than its limit.",
  memory: "The program was stopped: it used more memory than its limit.",
  canceled: "The run was canceled.",
  newer_push: "A newer push to the branch canceled it.",
  lease_lapsed: "The server lost its machine.",
  machine_gone: "The machine went away.",
  not_heard: "The machine did not receive the run.",
  handed_back: "The machine had to stop and gave the run back.",
  boot_failed: "The machine did not start.",
  sandbox_missing: "The machine has no working sandbox; the server's operator has to install one.",
  launch_failed: "No machine could be started.",
  no_capacity: "No machine is available right now.",
  quota_reached: "The server has as many machines as its account allows.",
  launch_refused: "The server may not start machines; its operator has to look at its log.",
  budget_spent: "The machine time for today is used up.",
  taken_back: "The provider took the machine back.",
  sandbox_failed: "The machine could not prepare a sandbox.",
  upload_failed: "The artifacts could not be stored.",
  file_unavailable: "The server does not hold a file of the block as its author signed it.",
  runtime_not_installed: "No machine here has the runtime this block asks for.",
  checkout_failed: "The commit could not be checked out.",
  file_invalid: "The project's .deferred-server file is not right.",
  service_failed: "A service that the project asks for did not start.",
  app_not_up: "The app did not answer on its port.",
  schedule_gone: "Nothing was run: the schedule is not in the file any more.",
  commit_skips: "Nothing was run: the commit's message asks for that.",
  disk_full: "The commands were stopped: they wrote more to disk than they may.",
  not_repeatable: "The machine was lost, and the block may not run twice.",
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof REASONS;
