import { describe, expect, test } from 'vitest'
import { job } from '../testing/factories.ts'
import { applyChanges, EMPTY_LIST, firstPage, furtherPage, type JobList, showHeld } from './job-list.ts'

const all = { accepts: () => true, isHeld: false }
const held = { ...all, isHeld: true }
const ids = ({ rows }: JobList) => rows.map(({ id }) => id)
const page = (names: string[], next_cursor: string | null = null) => ({
  items: names.map((id) => job({ id })),
  next_cursor,
})
const told = (id: string, fields = {}) => ({ kind: 'job' as const, job: job({ id, ...fields }) })

describe('a list of jobs', () => {
  test('shows a new job on top, and a changed one in its place', () => {
    const list = applyChanges(firstPage(page(['c', 'a']), all), [told('d'), told('a', { status: 'running' })], all)
    expect(ids(list)).toEqual(['d', 'c', 'a'])
    expect(list.rows.at(-1)?.status).toBe('running')
  })

  test('puts a job that comes to match where it belongs', () => {
    expect(ids(applyChanges(firstPage(page(['c', 'a']), all), [told('b')], all))).toEqual(['c', 'b', 'a'])
  })

  test('leaves what lies beyond the loaded pages to the pages', () => {
    expect(ids(applyChanges(firstPage(page(['d', 'c'], 'more'), all), [told('a')], all))).toEqual(['d', 'c'])
  })

  test('says how far a search looked that stopped early, and shows what comes to match within that', () => {
    const searched = { ...page(['d'], 'more'), searched_to: '2026-03-01T12:00:00.000Z' }
    const list = firstPage(searched, all)
    expect(list.searchedTo).toBe('2026-03-01T12:00:00.000Z')
    const changes = [
      told('c', { created_at: '2026-03-01T12:00:00.000Z' }),
      told('b', { created_at: '2026-03-01T11:59:59.999Z' }),
    ]
    expect(ids(applyChanges(list, changes, all))).toEqual(['d', 'c'])
    const further = furtherPage(list, page(['b']), all)
    expect([ids(further), further.searchedTo]).toEqual([['d', 'b'], null])
  })

  test('keeps rows in place while they are being read, and shows the new ones when asked', () => {
    const list = applyChanges(
      firstPage(page(['c', 'a']), all),
      [told('d'), told('d', { status: 'running' }), { kind: 'left', id: 'a', status: 'failed' }],
      held,
    )
    expect(ids(list)).toEqual(['c', 'a'])
    expect(list.rows.at(-1)?.status).toBe('failed')
    expect(list.held.map(({ id, status }) => [id, status])).toEqual([['d', 'running']])
    expect(ids(showHeld(list))).toEqual(['d', 'c', 'a'])
  })

  test('drops a job that no longer matches', () => {
    const list = firstPage(page(['c', 'b', 'a']), all)
    const reading = { accepts: ({ status }: { status: string }) => status !== 'failed', isHeld: false }
    const changes = [{ kind: 'left' as const, id: 'b', status: 'completed' as const }, told('a', { status: 'failed' })]
    expect(ids(applyChanges(list, changes, reading))).toEqual(['c'])
  })

  test('applies the same change twice without a difference', () => {
    const once = applyChanges(firstPage(page(['a']), all), [told('b')], all)
    expect(applyChanges(once, [told('b')], all)).toEqual(once)
  })

  test('keeps jobs that did not change the same objects', () => {
    const list = firstPage(page(['b', 'a']), all)
    expect(applyChanges(list, [told('b')], all).rows[1]).toBe(list.rows[1])
  })

  test('adds a further page without repeating what was told meanwhile', () => {
    const list = applyChanges(firstPage(page(['d', 'c'], 'more'), all), [told('e')], all)
    const further = furtherPage(list, page(['c', 'b']), all)
    expect([ids(further), further.next]).toEqual([['e', 'd', 'c', 'b'], null])
  })

  test('does not grow without end, and knows that there is more', () => {
    const changes = Array.from({ length: 2500 }, (_, index) => told(String(index).padStart(4, '0')))
    const list = applyChanges(EMPTY_LIST, changes, all)
    expect([list.rows.length, list.rows[0]?.id, list.isCut]).toEqual([2000, '2499', true])
  })
})
