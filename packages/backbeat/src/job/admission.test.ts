import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { admit, type Candidate, type Usage } from './admission.ts'

const NOW = Date.UTC(2026, 0, 1)

function usage(): Usage {
  return { running: new Map(), starts: new Map() }
}

function candidate(id: string, more: Partial<Candidate> = {}): Candidate {
  return { id, restrictions: null, expiresAt: null, startReserved: false, ...more }
}

const rated = (id: string, limit: number, perMs: number) =>
  candidate(id, { restrictions: { concurrency: [], rate: { key: 'mail', limit, perMs } } })

describe('the admission of a job that is due', () => {
  test('lets a job start that nothing restricts', () => {
    expect(admit([candidate('a')], usage(), 100, NOW)).toEqual([{ kind: 'start' }])
  })

  test('refuses a job that has expired', () => {
    expect(admit([candidate('a', { expiresAt: NOW })], usage(), 100, NOW)).toEqual([{ kind: 'expired' }])
    expect(admit([candidate('a', { expiresAt: NOW + 1 })], usage(), 100, NOW)).toEqual([{ kind: 'start' }])
  })

  test('blocks a job by the first of its keys that is full, and counts what it lets start', () => {
    const shop = { key: 'shop', limit: 2 }
    const all = { key: 'all', limit: 3 }
    const of = (id: string, ...concurrency: { key: string; limit: number }[]) =>
      candidate(id, { restrictions: { concurrency, rate: null } })
    const known = usage()
    known.running.set('shop', 1)
    const decided = admit(
      [of('a', all, shop), of('b', all, shop), of('c', all), of('d', all), of('e', all)],
      known,
      100,
      NOW,
    )
    expect(decided).toEqual([
      { kind: 'start' },
      { kind: 'blocked', by: 'shop' },
      { kind: 'start' },
      { kind: 'start' },
      { kind: 'blocked', by: 'all' },
    ])
  })

  test('gives jobs that come too early for their rate the earliest time that fits', () => {
    const decided = admit(
      ['a', 'b', 'c', 'd', 'e'].map((id) => rated(id, 2, 1000)),
      usage(),
      100,
      NOW,
    )
    expect(decided).toEqual([
      { kind: 'start' },
      { kind: 'start' },
      { kind: 'deferred', until: NOW + 1000 },
      { kind: 'deferred', until: NOW + 1000 },
      { kind: 'deferred', until: NOW + 2000 },
    ])
  })

  test('a job whose start was reserved does not pay for it again', () => {
    const known = usage()
    admit([rated('a', 1, 1000), rated('b', 1, 1000)], known, 100, NOW)
    const before = [...(known.starts.get('mail') ?? [])]
    expect(admit([{ ...rated('b', 1, 1000), startReserved: true }], known, 100, NOW + 1000)).toEqual([
      { kind: 'start' },
    ])
    expect(known.starts.get('mail')).toEqual(before)
  })

  test('leaves those beyond its capacity as they are', () => {
    const known = usage()
    const decided = admit([rated('a', 5, 1000), candidate('b'), rated('c', 5, 1000)], known, 2, NOW)
    expect(decided.map(({ kind }) => kind)).toEqual(['start', 'start', 'passed_over'])
    expect(known.starts.get('mail')).toHaveLength(1)
  })

  test('never lets more start within any window than the rate allows, whenever they come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.record({ after: fc.nat(700), count: fc.integer({ min: 1, max: 6 }) }), { maxLength: 30 }),
        (limit, perMs, arrivals) => {
          const known = usage()
          const starts: number[] = []
          let now = NOW
          for (const { after, count } of arrivals) {
            now += after
            const jobs = Array.from({ length: count }, (_, index) => rated(String(index), limit, perMs))
            for (const decided of admit(jobs, known, 100, now)) {
              if (decided.kind === 'start') starts.push(now)
              if (decided.kind === 'deferred') starts.push(decided.until)
            }
          }
          starts.sort((a, b) => a - b)
          for (let index = limit; index < starts.length; index += 1) {
            expect((starts[index] ?? 0) - (starts[index - limit] ?? 0)).toBeGreaterThanOrEqual(perMs)
          }
        },
      ),
    )
  })
})
