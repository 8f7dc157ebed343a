import { expect, test } from 'vitest'
import { suggestionsFor } from './suggest.ts'

const known = { status: ['failed', 'stuck', 'running'], task: ['catalog.product_import', 'demo.echo'] }
const texts = (text: string) => suggestionsFor(text, known).map((suggestion) => suggestion.text)

test('offers keys that are not used yet', () => {
  expect(texts('status:failed t')).toEqual(['status:failed task:', 'status:failed tag:'])
  expect(texts('')).toContain('since:')
  expect(texts('status:failed ')).not.toContain('status:failed status:')
})

test('offers values of the key that is being written', () => {
  expect(texts('tag:a task:cat')).toEqual(['tag:a task:catalog.product_import '])
  expect(texts('status:failed,st')).toEqual(['status:failed,stuck '])
})

test('offers nothing where nothing is known', () => {
  expect(texts('tag:sh')).toEqual([])
  expect(texts('lamp')).toEqual([])
})
