import { afterEach, beforeEach, describe } from 'vitest'
import { crashing } from './conformance/crashing.conformance.ts'
import { killing } from './conformance/killing.conformance.ts'
import { recycling } from './conformance/recycling.conformance.ts'
import { running } from './conformance/running.conformance.ts'
import { sharing } from './conformance/sharing.conformance.ts'
import { type OpenPool, Suite } from './conformance/suite.conformance.ts'

export type { OpenPool } from './conformance/suite.conformance.ts'

/** What every pool does. */
const TOPICS = [running]

/** What those do whose executors are apart from the worker. */
const APART = [killing, crashing, sharing, recycling]

/** What a pool does, whichever way it isolates. Uses the port and nothing else. */
export function describePool(name: string, open: OpenPool, { isApart }: { isApart: boolean }): void {
  describe(name, () => {
    const suite = new Suite(open)
    beforeEach(() => suite.begin())
    afterEach(() => suite.end())
    for (const topic of isApart ? [...TOPICS, ...APART] : TOPICS) topic(suite)
  })
}
