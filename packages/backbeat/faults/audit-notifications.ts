import type { NotifiableStatus } from '../src/job/notification.ts'
import type { Store } from '../src/store/store.ts'

const EVERYONE = { name: 'manual:audit', scope: null }

/** Compares of how many jobs people were told with how many came to rest in a state that is told of. */
export async function auditNotifications(
  store: Pick<Store, 'list' | 'notifications'>,
  told: readonly NotifiableStatus[],
): Promise<string[]> {
  let jobs = 0
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.list({ status: told }, { limit: 200, ...(cursor !== undefined && { cursor }) })
    jobs += page.entries.length
    cursor = page.nextCursor
  }
  let count = 0
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.notifications.list(EVERYONE, {}, { limit: 200, ...(cursor !== undefined && { cursor }) })
    for (const notification of page.entries) count += notification.count
    cursor = page.nextCursor
  }
  return jobs === count ? [] : [`${jobs} jobs are ${told.join(', ')}, and notifications tell of ${count}`]
}
