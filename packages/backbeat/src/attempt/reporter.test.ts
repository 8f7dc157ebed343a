import { expect, test } from 'vitest'
import type { Report } from '../job/report.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Reporter } from './reporter.ts'

function setUp() {
  const clock = new ManualClock()
  const reports: Report[] = []
  const recorder = {
    report: (report: Report) => void reports.push(report),
    settledItems: async () => new Map(),
    recordItems: async () => {},
  }
  return { clock, reports, reporter: new Reporter(recorder, clock) }
}

const at = (percent: number) => ({ percent, message: null, meta: null })

test('of a million progress calls within a second only a few are written, and the last of them is', () => {
  const { clock, reports, reporter } = setUp()
  for (let call = 1; call <= 1_000_000; call += 1) {
    reporter.progress(at(call / 10_000))
    if (call % 1000 === 0) clock.advance(1)
  }
  reporter.flush()
  expect(reports.length).toBeLessThanOrEqual(6)
  expect(reports.at(-1)?.progress?.percent).toBe(100)
})

test('the first progress is shown at once, and a later one without a further call', () => {
  const { clock, reports, reporter } = setUp()
  reporter.progress(at(1))
  expect(reports).toHaveLength(1)
  reporter.progress(at(2))
  reporter.progress(at(3))
  expect(reports).toHaveLength(1)
  clock.advance('1s')
  expect(reports.map(({ progress }) => progress?.percent)).toEqual([1, 3])
})

test('log lines leave together, and stop at ten thousand with a line that says so', () => {
  const { reports, reporter } = setUp()
  for (let line = 1; line <= 12_000; line += 1) reporter.log('info', `line ${line}`, null)
  reporter.flush()
  const lines = reports.flatMap(({ logs }) => logs)
  expect(lines).toHaveLength(10_000)
  expect(lines.at(-1)).toMatchObject({ level: 'warn', message: expect.stringContaining('full at 10000 lines') })
  expect(reports.length).toBeLessThanOrEqual(102)
})
