import { type Field, fieldOf, type JsonSchema } from './schema.ts'

/** One value that an input may hold. */
export interface OutlineRow {
  /** As in `rows[].sku`. */
  name: string
  field: Field
  isRequired: boolean
}

const MAX_DEPTH = 6
const MAX_ROWS = 300

/** Every value that an input may hold, from the outside to the inside. */
export function outlineOf(root: JsonSchema): OutlineRow[] {
  const rows: OutlineRow[] = []
  const add = (name: string, schema: JsonSchema, isRequired: boolean, depth: number) => {
    if (rows.length >= MAX_ROWS) return
    const field = fieldOf(schema, root)
    if (name !== '') rows.push({ name, field, isRequired })
    if (depth < MAX_DEPTH) within(name, field, depth + 1)
  }
  const within = (name: string, field: Field, depth: number) => {
    const prefix = name === '' ? '' : `${name}.`
    if (field.kind === 'object') {
      for (const property of field.properties) {
        add(prefix + property.name, property.schema, property.isRequired, depth)
      }
    }
    // What is in a list is named by it; a list of plain values says all itself.
    if (field.kind === 'list') within(`${name}[]`, fieldOf(field.item, root), depth)
    if (field.kind === 'record') within(`${name}{}`, fieldOf(field.entry, root), depth)
  }
  add('', root, true, 0)
  return rows
}
