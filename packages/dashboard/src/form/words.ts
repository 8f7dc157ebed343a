import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { type Field, fieldOf, isSchema, type JsonSchema } from './schema.ts'

/** What a value may be, in a few words. */
export function useConstraints(field: Field): string {
  const { t } = useTranslation()
  return constraintsOf(field, t)
}

/** The type of a value, in words: `list of texts`, `one of full, delta`. */
export function useTypeName(): (field: Field, root: JsonSchema) => string {
  const { t } = useTranslation()
  return (field, root) => typeName(field, root, t)
}

/** What to call one of the forms that a union has. */
export function useVariantName(): (option: JsonSchema, root: JsonSchema) => string {
  const { t } = useTranslation()
  return (option, root) => variantName(option, root, t)
}

const MOST_OPTIONS = 8

function typeName(field: Field, root: JsonSchema, t: TFunction): string {
  switch (field.kind) {
    case 'number':
      return t(field.schema.type === 'integer' ? 'schema.integer' : 'schema.number')
    case 'choice': {
      const options = field.options.slice(0, MOST_OPTIONS).map((option) => plain(option))
      const more = field.options.length > MOST_OPTIONS ? ' …' : ''
      return t('schema.choice', { options: options.join(', ') + more })
    }
    case 'constant':
      return plain(field.value)
    case 'list':
      return t('schema.list', { of: typeName(fieldOf(field.item, root), root, t) })
    case 'record':
      return t('schema.record', { of: typeName(fieldOf(field.entry, root), root, t) })
    case 'union':
      return field.options.map((option) => variantName(option, root, t)).join(t('schema.or'))
    case 'json':
      return t(Array.isArray(field.schema.prefixItems) ? 'schema.tuple' : 'schema.json')
    default:
      return t(`schema.${field.kind}`)
  }
}

function variantName(option: JsonSchema, root: JsonSchema, t: TFunction): string {
  const field = fieldOf(option, root)
  if (field.title !== null) return field.title
  if (field.kind !== 'object') return typeName(field, root, t)
  // What tells one object from another is mostly a constant, such as its kind.
  const mark = field.properties.map(({ name, schema }) => [name, fieldOf(schema, root)] as const)
  const [name, constant] = mark.find(([, part]) => part.kind === 'constant') ?? []
  return constant?.kind === 'constant' ? `${name}: ${plain(constant.value)}` : t('schema.object')
}

function constraintsOf({ kind, schema }: Field, t: TFunction): string {
  const limits: [keyword: string, key: string][] = [
    ['minLength', 'schema.minLength'],
    ['maxLength', 'schema.maxLength'],
    ['minimum', 'schema.minimum'],
    ['exclusiveMinimum', 'schema.exclusiveMinimum'],
    ['maximum', 'schema.maximum'],
    ['exclusiveMaximum', 'schema.exclusiveMaximum'],
    ['multipleOf', 'schema.multipleOf'],
    ['minItems', 'schema.minItems'],
    ['maxItems', 'schema.maxItems'],
  ]
  const said = limits.flatMap(([keyword, key]) => {
    const limit = schema[keyword]
    // What any whole number is within says nothing.
    return typeof limit === 'number' && Math.abs(limit) < Number.MAX_SAFE_INTEGER
      ? [t(key, { count: limit, limit })]
      : []
  })
  if (kind === 'number' && schema.type === 'integer') said.unshift(t('schema.integer'))
  if (kind === 'text' && typeof schema.format === 'string') said.unshift(formatName(schema.format, t))
  else if (kind === 'text' && typeof schema.pattern === 'string')
    said.push(t('schema.pattern', { pattern: schema.pattern }))
  const { default: value } = schema
  // What is empty at first, or shown as a tick, goes without saying.
  if (value === undefined || isSchema(value) || kind === 'flag' || (Array.isArray(value) && value.length === 0)) {
    return said.join(', ')
  }
  return [...said, t('schema.default', { value: plain(value) })].join(', ')
}

const FORMATS = ['date', 'date-time', 'time', 'email', 'uri', 'uuid']

function formatName(format: string, t: TFunction): string {
  return FORMATS.includes(format) ? t(`schema.format.${format}`) : format
}

function plain(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value)
}
