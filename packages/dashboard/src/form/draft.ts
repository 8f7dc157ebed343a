import { type Field, fieldOf, isSchema, type JsonSchema } from './schema.ts'

/** What somebody wrote where a number or JSON is wanted, and it is neither. */
export class Unreadable {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** One of the forms that a union has. */
export class Variant {
  readonly index: number
  readonly value: Draft
  constructor(index: number, value: Draft) {
    this.index = index
    this.value = value
  }
}

/** An input while it is written; `undefined` is what is not given. */
export type Draft =
  | undefined
  | null
  | boolean
  | number
  | string
  | Unreadable
  | Variant
  | readonly Draft[]
  | { readonly [name: string]: Draft }

export type Path = readonly (string | number)[]

/** What stands in a form at first: defaults, and room for what is required. */
export function initialDraft(schema: JsonSchema, root: JsonSchema, isRequired: boolean, depth = 0): Draft {
  const field = fieldOf(schema, root)
  if ('default' in field.schema) return draftOf(field.schema.default, schema, root) ?? undefined
  // What requires itself has no end; it is opened by hand.
  if (!isRequired || depth > 8) return undefined
  switch (field.kind) {
    case 'text':
      return ''
    case 'flag':
      return false
    case 'choice':
      return undefined
    case 'constant':
      return field.value as Draft
    case 'list':
      return []
    case 'record':
      return {}
    case 'object':
      return Object.fromEntries(
        field.properties.map((property) => [
          property.name,
          initialDraft(property.schema, root, property.isRequired, depth + 1),
        ]),
      )
    case 'union':
      return new Variant(0, initialDraft(field.options[0] ?? {}, root, true, depth + 1))
    default:
      return undefined
  }
}

/** A value as it stands in a form; `undefined` where the form has no place for it. */
export function draftOf(value: unknown, schema: JsonSchema, root: JsonSchema): Draft {
  const field = fieldOf(schema, root)
  switch (field.kind) {
    case 'text':
      return typeof value === 'string' ? value : undefined
    case 'number':
      return typeof value === 'number' ? value : undefined
    case 'flag':
      return typeof value === 'boolean' ? value : undefined
    case 'choice':
      return field.options.some((option) => isSame(option, value)) ? (value as Draft) : undefined
    case 'constant':
      return isSame(field.value, value) ? (value as Draft) : undefined
    case 'list':
      return Array.isArray(value) ? allOf(value.map((entry) => draftOf(entry, field.item, root))) : undefined
    case 'record':
      return isSchema(value)
        ? whole(Object.entries(value).map(([name, entry]) => [name, draftOf(entry, field.entry, root)]))
        : undefined
    case 'object': {
      if (!isSchema(value)) return undefined
      const known = new Map(field.properties.map((property) => [property.name, property.schema]))
      if (field.properties.some(({ name, isRequired }) => isRequired && !(name in value))) return undefined
      return whole(
        Object.entries(value).map(([name, entry]) => {
          const property = known.get(name)
          return [name, property ? draftOf(entry, property, root) : (entry as Draft)]
        }),
      )
    }
    case 'union': {
      for (const [index, option] of field.options.entries()) {
        const draft = draftOf(value, option, root)
        if (draft !== undefined) return new Variant(index, draft)
      }
      return undefined
    }
    default:
      return value as Draft
  }
}

/** The input that a draft stands for. @param draft without anything unreadable */
export function jsonOf(draft: Draft): unknown {
  if (draft instanceof Variant) return jsonOf(draft.value)
  if (draft instanceof Unreadable) return draft.text
  if (Array.isArray(draft)) return draft.map(jsonOf)
  if (!isTree(draft)) return draft
  const given = Object.entries(draft).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, jsonOf(value)]))
}

export type ProblemCode = 'required' | 'not_a_number' | 'not_json'

/** What keeps a draft from being sent, by the place of each. The rest is for the server to say. */
export function problemsOf(draft: Draft, schema: JsonSchema, root: JsonSchema): Map<string, ProblemCode> {
  const problems = new Map<string, ProblemCode>()
  for (const { pointer, field, value, isRequired } of placesOf(draft, schema, root)) {
    if (value instanceof Unreadable) problems.set(pointer, field.kind === 'number' ? 'not_a_number' : 'not_json')
    else if (isRequired && (value === undefined || value === '')) problems.set(pointer, 'required')
  }
  return problems
}

/** Where the messages of the server belong: beside the field that each is about, or to the whole. */
export function placed(
  errors: readonly { pointer?: string | undefined; path: string; message: string }[],
  draft: Draft,
  schema: JsonSchema,
  root: JsonSchema,
): Map<string, string> {
  const shown = new Set(placesOf(draft, schema, root).map(({ pointer }) => pointer))
  const messages = new Map<string, string>()
  for (const { pointer = '#', path, message } of errors) {
    const place = nearest(pointer, shown)
    const text = place === pointer || path === '' ? message : `${path}: ${message}`
    messages.set(place, [messages.get(place), text].filter((part) => part !== undefined).join(' '))
  }
  return messages
}

interface Place {
  pointer: string
  field: Field
  value: Draft
  isRequired: boolean
}

/** Every place of a form that somebody sees. */
function placesOf(draft: Draft, schema: JsonSchema, root: JsonSchema, path: Path = [], isRequired = true): Place[] {
  const field = fieldOf(schema, root)
  const here = { pointer: pointerTo(path), field, value: draft, isRequired }
  const within = (value: Draft, part: JsonSchema, key: string | number, isPartRequired = true) =>
    placesOf(value, part, root, [...path, key], isPartRequired)
  if (field.kind === 'union' && draft instanceof Variant) {
    return placesOf(draft.value, field.options[draft.index] ?? {}, root, path, isRequired)
  }
  if (field.kind === 'list' && Array.isArray(draft)) {
    return [here, ...draft.flatMap((value, index) => within(value, field.item, index))]
  }
  if (field.kind === 'record' && isTree(draft)) {
    return [here, ...Object.entries(draft).flatMap(([name, value]) => within(value, field.entry, name))]
  }
  if (field.kind === 'object' && isTree(draft)) {
    const { properties } = field
    return [here, ...properties.flatMap((one) => within(draft[one.name], one.schema, one.name, one.isRequired))]
  }
  return [here]
}

function nearest(pointer: string, shown: ReadonlySet<string>): string {
  let place = pointer
  while (!shown.has(place) && place !== '#') place = place.slice(0, place.lastIndexOf('/'))
  return place
}

/** A JSON pointer as a URI fragment, as the API writes it. */
export function pointerTo(path: Path): string {
  const segments = path.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'))
  return ['#', ...segments.map(encodeURIComponent)].join('/')
}

export function isTree(draft: Draft): draft is { readonly [name: string]: Draft } {
  return typeof draft === 'object' && draft !== null && !Array.isArray(draft) && !isMark(draft)
}

function isMark(draft: object): boolean {
  return draft instanceof Variant || draft instanceof Unreadable
}

function allOf(drafts: Draft[]): Draft {
  return drafts.includes(undefined) ? undefined : drafts
}

function whole(entries: [name: string, draft: Draft][]): Draft {
  return entries.some(([, draft]) => draft === undefined) ? undefined : Object.fromEntries(entries)
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
