import {
  AssignMachineSchema,
  ChangeMachineSettingsSchema,
  EndMachineSchema,
  MachineAnswerSchema,
  MachineListSchema,
  MachineSettingsAnswerSchema,
  NewMachineSchema,
} from "../../protocol/machines.ts";
import { describe, TOKEN_ERRORS, type RouteDescription } from "../http/openapi/describe.ts";

const ANSWER = { 200: ["The machine as it is then.", MachineAnswerSchema] } as const;
const parameters = { id: "Of the machine." };

function describeAction(of: Omit<RouteDescription, "tag" | "answers" | "parameters">) {
  const errors = [...TOKEN_ERRORS, "machine_not_found", "machine_refused", ...(of.errors ?? [])];
  return describe({
    tag: "Machines",
    security: "owner",
    ...of,
    parameters,
    answers: { 200: [...ANSWER[200]] },
    errors: errors as RouteDescription["errors"] & {},
  });
}

/** Descriptions of the routes of machines. */
export const machineDocs = {
  list: describe({
    tag: "Machines",
    summary: "List machines, their wakes and the day's budget",
    description:
      "The owner's token sees all machines, another token those of its project. `cost` needs the prices of `DEFERRED_EC2_PRICES`.",
    query: { project: "Only its own machines: `owner/name`." },
    answers: { 200: ["Those that are gone last.", MachineListSchema] },
    errors: [...TOKEN_ERRORS, "project_not_found"],
    security: "owner",
  }),
  one: describe({
    tag: "Machines",
    summary: "Show one machine with its wakes",
    parameters,
    answers: { 200: ["The machine.", MachineAnswerSchema] },
    errors: [...TOKEN_ERRORS, "machine_not_found"],
    security: "owner",
  }),
  add: describe({
    tag: "Machines",
    summary: "Launch a machine",
    description:
      "Beside those that runs wake, within the same limits and budgets; it leaves when idle, as any does. Without a project it runs blocks.",
    body: NewMachineSchema,
    answers: { 201: ["The machine, which comes up now.", MachineAnswerSchema] },
    errors: [...TOKEN_ERRORS, "project_not_found", "machine_refused", "machine_setting_refused"],
    security: "owner",
  }),
  start: describeAction({ summary: "Start a stopped machine" }),
  stop: describeAction({
    summary: "Stop a machine once its runs have ended",
    description: "A warm machine may be started again; another is gone then.",
  }),
  end: describeAction({
    summary: "End a machine for good",
    description: "Its runs end first, unless `now` is true: then they are tried again elsewhere.",
    body: EndMachineSchema,
  }),
  assign: describeAction({
    summary: "Give a machine to a project",
    description:
      "From the shared pool, while it has run nothing. A machine that ran blocks, or another project's work, is refused.",
    body: AssignMachineSchema,
    errors: ["project_not_found"],
  }),
  makeDefault: describeAction({
    summary: "Make a machine's type, image and market those of its pool's next machines",
  }),
  changeDefaults: describe({
    tag: "Machines",
    summary: "Change the settings of machines",
    description:
      "Of the shared pool, and of projects that have none of their own. They win over the server's environment variables. Null removes one.",
    body: ChangeMachineSettingsSchema,
    answers: { 200: ["All that are set.", MachineSettingsAnswerSchema] },
    errors: [...TOKEN_ERRORS, "machine_setting_refused"],
    security: "owner",
  }),
  changeSettings: describe({
    tag: "Machines",
    summary: "Change what a project wants of its machines",
    description: "By the server's owner, who pays for them. Null removes a setting.",
    parameters: { owner: "The project's owner.", name: "The project's name." },
    body: ChangeMachineSettingsSchema,
    answers: { 200: ["All that are set.", MachineSettingsAnswerSchema] },
    errors: [...TOKEN_ERRORS, "project_not_found", "machine_setting_refused"],
    security: "owner",
  }),
};
