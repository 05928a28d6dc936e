import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { PropertyType, Resource as ResourceSchema } from "@aws-cdk/service-spec-types";
import type { Resource } from "../services/cloudformation/template.ts";

type Properties = ResourceSchema["properties"];

const database = loadAwsServiceSpecSync();

export function schemaOf(type: string): ResourceSchema | undefined {
  return database.lookup("resource", "cloudFormationType", "equals", type)[0];
}

/** What AWS's own schema of a resource has against its properties; a function is taken for any value. */
export function mistakesOf({ Type, Properties = {} }: Resource): string[] {
  const schema = schemaOf(Type);
  return schema ? inProperties(schema.properties, Properties, Type) : [`${Type} is no type`];
}

function inProperties(known: Properties, given: Record<string, unknown>, at: string): string[] {
  const missing = Object.entries(known)
    .filter(([name, property]) => property.required === true && !(name in given))
    .map(([name]) => `${at} needs ${name}`);
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const property = known[name];
    return property
      ? inValue(property.type, value, `${at}.${name}`)
      : [`${at} has no property ${name}`];
  });
  return [...missing, ...wrong];
}

function inValue(type: PropertyType, value: unknown, at: string): string[] {
  switch (type.type) {
    case "ref": {
      const definition = database.get("typeDefinition", type.reference);
      return isRecord(value) ? inProperties(definition.properties, value, at) : [`${at}: a record`];
    }
    case "array":
      return Array.isArray(value)
        ? value.flatMap((item, index) => inValue(type.element, item, `${at}.${index}`))
        : [`${at} has to be a list`];
    case "map":
      return isRecord(value)
        ? Object.entries(value).flatMap(([key, item]) =>
            inValue(type.element, item, `${at}.${key}`),
          )
        : [`${at} has to be a map`];
    case "tag":
      return isRecord(value) && "Key" in value && "Value" in value ? [] : [`${at} is no tag`];
    case "union": {
      const found = type.types.map((one) => inValue(one, value, at));
      return found.some(({ length }) => length === 0) ? [] : (found[0] ?? []);
    }
    case "string":
      if (typeof value !== "string") return [`${at} has to be a string`];
      return type.allowedValues && !type.allowedValues.includes(value)
        ? [`${at} can't be ${value}`]
        : [];
    case "number":
    case "integer":
      return Number.isNaN(Number(value)) ? [`${at} has to be a number`] : [];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${at} has to be a boolean`];
    case "json":
    case "date-time":
    case "null":
      return [];
    default:
      return [`${at}: ${JSON.stringify(type satisfies never)} is not known here`];
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
