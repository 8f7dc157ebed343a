import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../contender.ts'

const LIMIT_MS = 60_000

/** Waits until the few jobs that history is made from are over. */
export async function waitUntilSettled(session: Pick<Session, 'isSettled'>): Promise<void> {
  const giveUpAt = Date.now() + LIMIT_MS
  while (!(await session.isSettled())) {
    if (Date.now() > giveUpAt) throw new Error('The jobs that history is made from did not come to rest.')
    await sleep(20)
  }
}
