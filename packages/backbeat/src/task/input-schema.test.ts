import { expect, test } from 'vitest'
import { z } from 'zod'
import { task } from './define.ts'
import { inputSchemaOf } from './input-schema.ts'

function taskOf(input: Parameters<typeof task>[0]['input']) {
  return task({ name: 'demo.echo', input, run: () => undefined })
}

test('is what callers send: defaults need not be given', () => {
  const input = z.object({ shop: z.string().min(2).describe('Which shop'), rows: z.array(z.int()).default([]) })
  expect(inputSchemaOf(taskOf(input))).toMatchObject({
    type: 'object',
    properties: {
      shop: { type: 'string', minLength: 2, description: 'Which shop' },
      rows: { type: 'array', items: { type: 'integer' }, default: [] },
    },
    required: ['shop'],
  })
})

test('leaves open what JSON Schema has no words for', () => {
  const schema = inputSchemaOf(taskOf(z.object({ at: z.date(), name: z.string() })))
  expect(schema).toMatchObject({ properties: { at: {}, name: { type: 'string' } }, required: ['at', 'name'] })
})

test('is any object where the library says nothing of its schema, or fails at it', () => {
  const validate = (value: unknown) => ({ value })
  const refuses = () => {
    throw new Error('cannot')
  }
  for (const more of [{}, { jsonSchema: { input: refuses, output: refuses } }]) {
    const schema = { '~standard': { version: 1 as const, vendor: 'own', validate, ...more } }
    expect(inputSchemaOf(taskOf(schema))).toMatchObject({
      type: 'object',
      additionalProperties: true,
      description: expect.stringContaining('demo.echo'),
    })
  }
})
