import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { draftOf, initialDraft, jsonOf, placed, problemsOf, Unreadable, Variant } from './draft.ts'
import { outlineOf } from './outline.ts'
import { fieldOf, type JsonSchema } from './schema.ts'

/** As the API presents a task's schema. */
function schemaOf(type: z.ZodType): JsonSchema {
  return JSON.parse(JSON.stringify(z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' })))
}

const kindOf = (type: z.ZodType) => fieldOf(schemaOf(type), schemaOf(type)).kind

interface Folder {
  name: string
  folders: Folder[]
}
const folder: z.ZodType<Folder> = z.object({
  name: z.string(),
  get folders() {
    return z.array(folder)
  },
})

const feed = z.object({
  shop: z.string().min(2),
  rows: z.int().min(1).max(500),
  note: z.string().optional(),
  mode: z.enum(['full', 'delta']).default('delta'),
  dryRun: z.boolean(),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('url'), url: z.url() }),
    z.object({ kind: z.literal('file'), path: z.string() }),
  ]),
  lines: z.array(z.object({ sku: z.string(), price: z.number() })),
})
const schema = schemaOf(feed)
const initial = () => initialDraft(schema, schema, true) as Record<string, never>

describe('a schema', () => {
  test.each([
    [z.string(), 'text'],
    [z.number(), 'number'],
    [z.int(), 'number'],
    [z.boolean(), 'flag'],
    [z.enum(['a', 'b']), 'choice'],
    [z.union([z.literal('a'), z.literal(2)]), 'choice'],
    [z.literal('a'), 'constant'],
    [z.object({ a: z.string() }), 'object'],
    [z.array(z.string()), 'list'],
    [z.record(z.string(), z.number()), 'record'],
    [z.string().nullable(), 'union'],
    [z.union([z.string(), z.number()]), 'union'],
    [z.tuple([z.string(), z.number()]), 'json'],
    [z.unknown(), 'json'],
    [z.date(), 'json'],
  ])('%# is asked for in the way that suits it', (type, kind) => {
    expect(kindOf(type)).toBe(kind)
  })

  test('of several types is a union, and what refers to nothing or to itself is JSON', () => {
    const several = { type: ['string', 'null'] }
    expect(fieldOf(several, several).kind).toBe('union')
    for (const $ref of ['#/$defs/none', 'https://schemas.example/a.json', '#/$defs/loop']) {
      const root = { $ref, $defs: { loop: { $ref: '#/$defs/loop' } } }
      expect(fieldOf(root, root).kind).toBe('json')
    }
  })

  test('that holds itself can be begun, and written out', () => {
    const root = schemaOf(folder)
    const draft = initialDraft(root, root, true)
    expect(jsonOf(draft)).toEqual({ name: '', folders: [] })
    const nested = { name: 'a', folders: [{ name: 'b', folders: [] }] }
    expect(jsonOf(draftOf(nested, root, root))).toEqual(nested)
    expect(outlineOf(root).length).toBeLessThan(20)
  })

  test('is outlined from the outside to the inside', () => {
    expect(outlineOf(schema).map(({ name, isRequired }) => (isRequired ? name : `${name}?`))).toEqual([
      'shop',
      'rows',
      'note?',
      'mode?',
      'dryRun',
      'source',
      'lines',
      'lines[].sku',
      'lines[].price',
    ])
  })
})

describe('a form', () => {
  test('begins with defaults and with room for what is required', () => {
    expect(jsonOf(initial())).toEqual({
      shop: '',
      mode: 'delta',
      dryRun: false,
      source: { kind: 'url', url: '' },
      lines: [],
    })
  })

  test('says what is missing and what is unreadable, and leaves the rest to the server', () => {
    const draft = { ...initial(), rows: new Unreadable('many'), lines: [{ sku: 'a', price: undefined }] }
    expect(Object.fromEntries(problemsOf(draft, schema, schema))).toEqual({
      '#/shop': 'required',
      '#/rows': 'not_a_number',
      '#/source/url': 'required',
      '#/lines/0/price': 'required',
    })
  })

  test('holds what was written as JSON, with the variant that it is of, and refuses what does not fit', () => {
    const input = { shop: 'nord', rows: 3, dryRun: true, source: { kind: 'file', path: '/a' }, lines: [], more: [1] }
    const draft = draftOf(input, schema, schema) as { source: Variant }
    expect(draft.source.index).toBe(1)
    expect(jsonOf(draft as never)).toEqual(input)
    expect(draftOf({ ...input, rows: 'three' }, schema, schema)).toBeUndefined()
    expect(draftOf([], schema, schema)).toBeUndefined()
  })

  test('shows what the server says beside the field, or beside the nearest one that is shown', () => {
    const draft = draftOf(
      { shop: 'n', rows: 3, dryRun: true, source: { kind: 'file', path: '/a' }, lines: [{ sku: 'a', price: 1 }] },
      schema,
      schema,
    )
    const errors = [
      { path: 'shop', pointer: '#/shop', message: 'is too short' },
      { path: 'lines.0.price', pointer: '#/lines/0/price', message: 'is too low' },
      { path: 'lines.7.sku', pointer: '#/lines/7/sku', message: 'is twice' },
      { path: 'nothing', pointer: '#/nothing', message: 'is not known' },
      { path: '', pointer: '#', message: 'is all wrong' },
    ]
    expect(Object.fromEntries(placed(errors, draft, schema, schema))).toEqual({
      '#/shop': 'is too short',
      '#/lines/0/price': 'is too low',
      '#/lines': 'lines.7.sku: is twice',
      '#': 'nothing: is not known is all wrong',
    })
  })

  test('knows a union by what it holds', () => {
    const root = schemaOf(z.object({ limit: z.number().nullable() }))
    expect(draftOf({ limit: null }, root, root)).toEqual({ limit: new Variant(1, null) })
    expect(initialDraft(root, root, true)).toEqual({ limit: new Variant(0, undefined) })
  })
})
