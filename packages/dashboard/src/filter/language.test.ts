import { describe, expect, test } from 'vitest'
import { job } from '../testing/factories.ts'
import { isWhollyAsked, isWithin, parseFilter, queryOf, withValue } from './language.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

describe('a filter', () => {
  test('is what the API is asked for', () => {
    const filter = parseFilter(
      'status:failed,stuck task:catalog.product_import tag:shop=nord queue:default by:manual:ana',
    )
    expect(filter.problems).toEqual([])
    expect(queryOf(filter, now)).toEqual({
      status: 'failed,stuck',
      task_type: 'catalog.product_import',
      tag: 'shop=nord',
      queue: 'default',
      triggered_by: 'manual:ana',
    })
  })

  test('holds together what is quoted, also while it is still being typed', () => {
    expect(parseFilter('error:"timed out" lamp').values.error).toBe('timed out')
    expect(parseFilter('error:"timed out').values.error).toBe('timed out')
    expect(parseFilter('"red lamp" tall').words).toBe('red lamp tall')
  })

  test('counts times back from now, or takes them as they are', () => {
    expect(queryOf(parseFilter('since:2h'), now)).toEqual({ from: '2026-03-01T10:00:00.000Z' })
    expect(queryOf(parseFilter('until:2026-02-01'), now)).toEqual({ to: '2026-02-01T00:00:00.000Z' })
  })

  test('tells what it does not understand, and leaves it out', () => {
    const filter = parseFilter('colour:red since:soon queue: task:a task:b')
    expect(filter.problems.map(({ code }) => code)).toEqual(['unknown_key', 'not_a_time', 'empty', 'twice'])
    expect(queryOf(filter, now)).toEqual({ task_type: 'a' })
  })

  test('looks for an address as it stands', () => {
    expect(queryOf(parseFilter('https://shop.example/feed'), now)).toEqual({ q: 'https://shop.example/feed' })
  })

  test('of nothing asks for everything', () => {
    expect(queryOf(parseFilter('   '), now)).toEqual({})
  })

  test('finds errors by their own text alone, and words beside them', () => {
    const filter = parseFilter('error:TimeOut nord')
    const failed = job({ error_message: 'A timeout', tags: ['shop=nord'] })
    expect(isWithin(filter, failed, now)).toBe(true)
    expect(isWithin(filter, { ...failed, error_message: null, task_type: 'a.timeout' }, now)).toBe(false)
    expect(isWithin(filter, { ...failed, tags: [] }, now)).toBe(false)
    expect([isWhollyAsked(filter), isWhollyAsked(parseFilter('status:failed'))]).toEqual([false, true])
  })

  test('keeps live jobs that are older out', () => {
    const old = job({ created_at: '2026-03-01T09:59:59.000Z' })
    expect(isWithin(parseFilter('since:2h'), old, now)).toBe(false)
    expect(isWithin(parseFilter('until:2h'), old, now)).toBe(true)
  })

  test('has one part exchanged and the others kept', () => {
    expect(withValue('lamp status:failed error:"a b"', 'status', 'stuck')).toBe('status:stuck lamp error:"a b"')
    expect(withValue('status:failed lamp', 'status', null)).toBe('lamp')
    expect(withValue('', 'error', 'a b')).toBe('error:"a b"')
  })
})
