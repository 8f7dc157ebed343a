import { expect, test } from 'vitest'
import { changesOf, shortText } from './changes.ts'

test('tells what was set, changed and left', () => {
  expect(changesOf({ paused: false, concurrency: null }, { paused: true, concurrency: null })).toEqual([
    { path: 'paused', before: false, after: true, kind: 'changed' },
    { path: 'concurrency', before: null, after: null, kind: 'same' },
  ])
  expect(changesOf(null, { role: 'viewer' })).toEqual([
    { path: 'role', before: undefined, after: 'viewer', kind: 'set' },
  ])
})

test('does not say of what was not given that it is gone', () => {
  expect(changesOf({ role: 'viewer', disabled: false }, { role: 'admin' }).map(({ path }) => path)).toEqual(['role'])
  expect(changesOf({ role: 'viewer' }, null)).toEqual([
    { path: 'role', before: 'viewer', after: undefined, kind: 'removed' },
  ])
})

test('looks inside, and takes a list as one value', () => {
  expect(changesOf({ limits: { hard: 1, soft: 2 } }, { limits: { hard: 3, soft: 2 }, tasks: ['a', 'b'] })).toEqual([
    { path: 'limits.hard', before: 1, after: 3, kind: 'changed' },
    { path: 'limits.soft', before: 2, after: 2, kind: 'same' },
    { path: 'tasks', before: undefined, after: ['a', 'b'], kind: 'set' },
  ])
  expect(changesOf(null, null)).toEqual([])
})

test('writes values as people do', () => {
  expect([['a', 'b'], 'x', null, 3, true, [{ a: 1 }]].map((value) => shortText(value))).toEqual([
    'a, b',
    'x',
    'null',
    '3',
    'true',
    '[{"a":1}]',
  ])
  expect(shortText(604_800_000, 'expires_in_ms')).toBe('7 d 0 h')
})
