import { expect, test } from 'vitest'
import { MIGRATIONS } from './migrations.ts'
import { EMPTY_SCHEMA, type Migration, missingSteps } from './upgrade.ts'

const step = (version: number, oldestCode: number): Migration => ({
  version,
  name: `step ${version}`,
  oldestCode,
  statements: () => [],
})
const all = [step(1, 1), step(2, 1), step(3, 2), step(4, 4)]
const versions = (steps: readonly Migration[]) => steps.map(({ version }) => version)

test('an empty database lacks every step, and an old one those that came since', () => {
  expect(versions(missingSteps(EMPTY_SCHEMA, all))).toEqual([1, 2, 3, 4])
  expect(versions(missingSteps({ version: 2, oldestCode: 1 }, all))).toEqual([3, 4])
  expect(versions(missingSteps({ version: 4, oldestCode: 4 }, all))).toEqual([])
})

test('a newer database lacks nothing where this code can work on it', () => {
  expect(missingSteps({ version: 2, oldestCode: 1 }, all.slice(0, 1))).toEqual([])
  expect(missingSteps({ version: 3, oldestCode: 2 }, all.slice(0, 2))).toEqual([])
})

test('a newer database is refused where this code cannot', () => {
  const refused = () => missingSteps({ version: 4, oldestCode: 4 }, all.slice(0, 3))
  expect(refused).toThrow('version 4 or newer; this one knows versions up to 3')
  expect(refused).toThrow(expect.objectContaining({ code: 'schema_too_new' }))
})

test('the steps rise, and none asks for code that is newer than itself or older than the step before allowed', () => {
  for (const [index, { version, oldestCode }] of MIGRATIONS.entries()) {
    expect(version).toBe(index + 1)
    expect(oldestCode).toBeLessThanOrEqual(version)
    expect(oldestCode).toBeGreaterThanOrEqual(MIGRATIONS[index - 1]?.oldestCode ?? 1)
  }
})
