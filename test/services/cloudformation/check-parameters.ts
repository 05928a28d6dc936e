import { Ec2Error } from "../ec2/error.ts";
import { createResolver } from "./resolve.ts";
import type { Template } from "./template.ts";

/** Throws `Ec2Error` where parameters are not what the template takes. */
export function checkParameters(
  template: Template,
  given: Record<string, string>,
): Record<string, string> {
  const refuse = (message: string): never => {
    throw new Ec2Error("ValidationError", message);
  };
  const unknown = Object.keys(given).filter((name) => !(name in template.Parameters));
  if (unknown.length > 0) {
    refuse(`Parameters: [${unknown.join(", ")}] do not exist in the template`);
  }
  const values: Record<string, string> = {};
  for (const [name, parameter] of Object.entries(template.Parameters)) {
    const value = given[name] ?? parameter.Default?.toString();
    if (value === undefined) refuse(`Parameters: [${name}] must have values`);
    const { AllowedValues, AllowedPattern, ConstraintDescription, MinValue, MaxValue } = parameter;
    const text = String(value);
    if (AllowedValues && !AllowedValues.map(String).includes(text)) {
      refuse(
        `Template error: Parameter '${name}' must be one of AllowedValues (${AllowedValues.join(", ")})`,
      );
    }
    if (AllowedPattern && !new RegExp(`^(?:${AllowedPattern})$`).test(text)) {
      refuse(
        `Parameter '${name}' ${ConstraintDescription ? `failed to satisfy constraint: ${ConstraintDescription}` : `must match pattern ${AllowedPattern}`}`,
      );
    }
    if (parameter.Type === "Number") {
      const number = Number(text);
      if (text === "" || Number.isNaN(number)) refuse(`Parameter '${name}' must be a number.`);
      if (MinValue !== undefined && number < MinValue) {
        refuse(`Parameter '${name}' must be a number not less than ${MinValue}`);
      }
      if (MaxValue !== undefined && number > MaxValue) {
        refuse(`Parameter '${name}' must be a number not greater than ${MaxValue}`);
      }
    }
    values[name] = text;
  }
  const place = { accountId: "", region: "", stackId: "", stackName: "" };
  const resolver = createResolver(template, values, place, () => refuse("a rule names a resource"));
  for (const { RuleCondition = { "Fn::Equals": ["", ""] }, Assertions } of Object.values(
    template.Rules ?? {},
  )) {
    if (resolver.resolve(RuleCondition) !== true) continue;
    for (const { Assert, AssertDescription } of Assertions) {
      if (resolver.resolve(Assert) !== true) {
        refuse(`Template error: rule assertion failed: ${String(AssertDescription)}`);
      }
    }
  }
  return values;
}
