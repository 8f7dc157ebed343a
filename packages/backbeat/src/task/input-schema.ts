import type { StandardJSONSchemaV1 } from '@standard-schema/spec'
import type { AnyTask } from './define.ts'

/** A JSON Schema of draft 2020-12, which is also what OpenAPI 3.1 takes. */
export type JsonSchema = { [keyword: string]: unknown }

/**
 * What a task's input looks like, as JSON Schema, where the library that its schema is from can say
 * so by the Standard JSON Schema interface: zod from 4.2 and arktype do. What has no JSON Schema,
 * such as a date, is left open; a library that cannot say anything gives an object of any shape.
 */
export function inputSchemaOf({ input, name }: AnyTask): JsonSchema {
  const standard = (input as Partial<StandardJSONSchemaV1>)['~standard']
  try {
    const schema = standard?.jsonSchema?.input({
      target: 'draft-2020-12',
      libraryOptions: { unrepresentable: 'any' },
    })
    if (schema) return withoutDialect(JSON.parse(JSON.stringify(schema)))
  } catch {
    // A library may refuse what it cannot express; its own validation works all the same.
  }
  return {
    type: 'object',
    additionalProperties: true,
    description: `The schema of ${name} cannot be shown as JSON Schema; what does not fit it is refused with the reason.`,
  }
}

/** The document that it becomes a part of names the dialect. */
function withoutDialect({ $schema: _, ...schema }: JsonSchema): JsonSchema {
  return schema
}
