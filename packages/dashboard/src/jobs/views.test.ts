import { expect, test } from 'vitest'
import { renamed, viewsIn, withoutView, withView } from './views.ts'

const views = [
  { name: 'failed', filter: 'status:failed' },
  { name: 'nord', filter: 'tag:shop=nord' },
]

test('views are kept by name, and one of the same name is replaced', () => {
  expect(withView(views, { name: ' imports ', filter: 'task:a' }).map(({ name }) => name)).toEqual([
    'failed',
    'imports',
    'nord',
  ])
  expect(withView(views, { name: 'nord', filter: 'tag:x' })).toEqual([views[0], { name: 'nord', filter: 'tag:x' }])
  expect(withoutView(views, 'nord')).toEqual([views[0]])
})

test('a view is renamed, and nameless it stays as it was', () => {
  expect(renamed(views, 'nord', 'north')).toEqual([views[0], { name: 'north', filter: 'tag:shop=nord' }])
  expect(renamed(views, 'nord', 'failed')).toEqual([{ name: 'failed', filter: 'tag:shop=nord' }])
  expect(renamed(views, 'nord', '  ')).toEqual(views)
  expect(renamed(views, 'none', 'more')).toEqual(views)
})

test('what a browser kept and cannot be read is left out', () => {
  expect(viewsIn(JSON.stringify(views))).toEqual(views)
  for (const kept of [undefined, '', '{', '{}', 'null']) expect(viewsIn(kept)).toEqual([])
  expect(viewsIn('[null, 1, {"name": "a"}, {"name": "b", "filter": "c"}]')).toEqual([{ name: 'b', filter: 'c' }])
})
