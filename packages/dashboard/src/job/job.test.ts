import type { Attempt, JobDetail } from 'backbeat/client'
import { describe, expect, test } from 'vitest'
import { diffTexts, lastTwo } from './attempt-diff.ts'
import { folded, momentsOf } from './moments.ts'
import { typescriptOf } from './typescript.ts'

const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 12, 0, second)).toISOString()

function attempt(ordinal: number, fields: Partial<Attempt> = {}): Attempt {
  return {
    ordinal,
    outcome: 'failed',
    started_at: at(ordinal * 2),
    ended_at: at(ordinal * 2 + 1),
    ...fields,
  } as Attempt
}

function detail(fields: Partial<JobDetail>, attempts: Attempt[]): JobDetail {
  return { created_at: at(0), run_at: at(0), completed_at: null, details: { attempts }, ...fields } as JobDetail
}

describe('the timeline', () => {
  const words = (job: JobDetail, now = 0) => momentsOf(job, now).map(({ label, after }) => [label, after])

  test('tells of every attempt, and of the end once', () => {
    const last = attempt(2, { outcome: 'failed' })
    const job = detail({ status: 'failed', completed_at: last.ended_at }, [attempt(1), last])
    expect(words(job)).toEqual([
      ['created', null],
      ['started', 2000],
      ['failed', 1000],
      ['started', 1000],
      ['failed', 1000],
    ])
  })

  test('tells when it is due, where that is still to come', () => {
    const waiting = detail({ status: 'pending', run_at: at(30) }, [])
    expect(words(waiting)).toEqual([
      ['created', null],
      ['due', 30_000],
    ])
    expect(words(waiting, Date.parse(at(31)))).toEqual([['created', null]])
    expect(words(detail({ status: 'running', run_at: at(30) }, []))).toEqual([['created', null]])
  })

  test('is folded in the middle where it is long', () => {
    const many = Array.from({ length: 20 }, (_, index) => index)
    expect(folded(many.slice(0, 12)).hidden).toBe(0)
    const { head, hidden, tail } = folded(many)
    expect([head, hidden, tail.length, tail.at(-1)]).toEqual([[0, 1, 2], 9, 8, 19])
  })
})

describe('two attempts', () => {
  test('are the last ones at first', () => {
    expect(lastTwo([attempt(1), attempt(2), attempt(3)])).toEqual([2, 3])
    expect(lastTwo([attempt(1)])).toEqual([1, 1])
  })

  test('show which lines of their traces the other one lacks', () => {
    const [one, other] = diffTexts('Error: 503\n at a\n at b', 'Error: 504\n at a\n at x\n at b')
    const lacking = (lines: typeof one) => lines.filter(({ isShared }) => !isShared).map(({ text }) => text)
    expect([lacking(one), lacking(other)]).toEqual([['Error: 503'], ['Error: 504', ' at x']])
    expect(diffTexts('same', null)).toEqual([[{ text: 'same', isShared: true }], [{ text: '–', isShared: true }]])
    expect(diffTexts('same', 'same')[0]).toEqual([{ text: 'same', isShared: true }])
    const long = Array.from({ length: 5000 }, (_, index) => String(index)).join('\n')
    expect(diffTexts(long, long)[0].length).toBe(5000)
  })
})

test('says to TypeScript exactly what the job was started with', async () => {
  const input = JSON.parse('{"shop": "it\'s `$` \\u2028", "__proto__": {"a": 1}, "list": [1]}')
  const program = typescriptOf({ task_type: 'catalog.product_import', input }, 'https://shop.example/x')
  const [first = '', ...rest] = program.split('\n')
  expect(first).toContain("from 'backbeat/client'")
  const asked: unknown[] = []
  const client = {
    async trigger(...given: unknown[]) {
      asked.push(...given)
      return { job_id: '1' }
    },
    async waitFor() {},
  }
  const connect = (options: object) => {
    asked.push(options)
    return client
  }
  const run = Object.getPrototypeOf(async () => {}).constructor('createBackbeatClient', 'process', rest.join('\n'))
  await run(connect, { env: { BACKBEAT_ADMIN_TOKEN: 'secret' } })
  expect(asked).toEqual([{ baseUrl: 'https://shop.example/x', token: 'secret' }, 'catalog.product_import', input])
})
