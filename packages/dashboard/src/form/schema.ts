/** A JSON Schema of draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown }

interface Common {
  schema: JsonSchema
  title: string | null
  description: string | null
}

/** How a part of an input is asked for. */
export type Field = Common &
  (
    | { kind: 'text' }
    | { kind: 'number' }
    | { kind: 'flag' }
    | { kind: 'choice'; options: readonly unknown[] }
    | { kind: 'constant'; value: unknown }
    | { kind: 'object'; properties: readonly Property[] }
    | { kind: 'list'; item: JsonSchema }
    | { kind: 'record'; entry: JsonSchema }
    | { kind: 'union'; options: readonly JsonSchema[] }
    /** Anything that has no better form is written as JSON. */
    | { kind: 'json' }
  )

export interface Property {
  name: string
  schema: JsonSchema
  isRequired: boolean
}

/** References to references are followed so far. */
const MAX_REFERENCES = 20

/**
 * How one part of a schema is asked for. Parts within it are schemas still, so that one that refers to
 * itself is followed only as far as somebody opens it.
 *
 * @param root what `$ref` points into
 */
export function fieldOf(given: JsonSchema, root: JsonSchema): Field {
  const schema = resolved(given, root)
  const common = { schema, title: textOf(schema.title), description: textOf(schema.description) }
  if ('const' in schema) return { ...common, kind: 'constant', value: schema.const }
  if (Array.isArray(schema.enum)) return { ...common, kind: 'choice', options: schema.enum }
  const options = optionsOf(schema)
  if (options) {
    const constants = options.map((option) => resolved(option, root))
    return constants.every((option) => 'const' in option)
      ? { ...common, kind: 'choice', options: constants.map((option) => option.const) }
      : options.length === 1
        ? { ...fieldOf(options[0] ?? {}, root), ...(common.description !== null && common) }
        : { ...common, kind: 'union', options }
  }
  if ('allOf' in schema || 'prefixItems' in schema) return { ...common, kind: 'json' }
  switch (schema.type) {
    case 'string':
      return { ...common, kind: 'text' }
    case 'number':
    case 'integer':
      return { ...common, kind: 'number' }
    case 'boolean':
      return { ...common, kind: 'flag' }
    case 'null':
      return { ...common, kind: 'constant', value: null }
    case 'array':
      return isSchema(schema.items) ? { ...common, kind: 'list', item: schema.items } : { ...common, kind: 'json' }
    case 'object': {
      if (isSchema(schema.properties)) return { ...common, kind: 'object', properties: propertiesOf(schema) }
      const entry = schema.additionalProperties
      if (isSchema(entry) && Object.keys(entry).length > 0) return { ...common, kind: 'record', entry }
      return { ...common, kind: 'json' }
    }
    default:
      return { ...common, kind: 'json' }
  }
}

/** What a `$ref` within the document stands for; what surrounds it counts for more. */
function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema
  for (let step = 0; typeof current.$ref === 'string'; step += 1) {
    const { $ref, ...rest } = current
    const target = step < MAX_REFERENCES ? pointed(root, $ref as string) : undefined
    if (!target) return rest
    current = { ...target, ...rest }
  }
  return current
}

function pointed(root: JsonSchema, reference: string): JsonSchema | undefined {
  if (!reference.startsWith('#')) return undefined
  const segments = reference.slice(1).split('/').slice(1)
  let value: unknown = root
  for (const segment of segments) {
    const name = decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~')
    value = isSchema(value) || Array.isArray(value) ? (value as Record<string, unknown>)[name] : undefined
  }
  return isSchema(value) ? value : undefined
}

function optionsOf(schema: JsonSchema): JsonSchema[] | undefined {
  const options = schema.anyOf ?? schema.oneOf
  if (Array.isArray(options)) return options.filter(isSchema)
  if (!Array.isArray(schema.type)) return undefined
  return schema.type.map((type) => ({ ...schema, type, title: undefined, description: undefined }))
}

function propertiesOf(schema: JsonSchema): Property[] {
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(schema.properties as Record<string, unknown>).flatMap(([name, property]) =>
    isSchema(property)
      ? [{ name, schema: property, isRequired: required.includes(name) }]
      : property === true
        ? [{ name, schema: {}, isRequired: required.includes(name) }]
        : [],
  )
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
