import { expect, onTestFinished, type TestContext } from 'vitest'
import type { DatabaseKind } from './databases.ts'
import { Ground, type GroundOptions } from './ground.ts'
import type { Row } from './report.ts'
import type { Trial } from './trial.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** Rows of the table that this test adds. */
    faults?: Row[]
  }
}

/** A system for one test, gone when the test is over. */
export async function prepare(kind: DatabaseKind, options: GroundOptions = {}): Promise<Ground> {
  const ground = await Ground.prepare(kind, options)
  onTestFinished(() => ground.close(), 60_000)
  return ground
}

/** Adds a row to the table that the run ends with. */
export function report({ task }: TestContext, row: Row): void {
  task.meta.faults = [...(task.meta.faults ?? []), row]
}

/** No job lost, one outcome for each attempt, nothing done twice without a reason, and all of it in bounded time. */
export function expectSound(context: TestContext, ground: Ground, { row, audit, late, unexplained }: Trial): void {
  report(context, row)
  const found = {
    violations: audit.violations.slice(0, 10),
    lost: audit.lost,
    doubled: audit.doubled,
    late,
    unexplained,
  }
  const said = audit.violations.length > 0 ? ground.fleet.log().slice(-5000) : ''
  expect(found, said).toEqual({ violations: [], lost: [], doubled: [], late: [], unexplained: [] })
  expect(audit.resting).toBe(audit.enqueued)
  expect(audit.enqueued).toBeGreaterThan(0)
}
