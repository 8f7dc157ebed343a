import type { BulkRequest, BulkResult, Stats } from 'backbeat/client'
import { client } from '../api/client.ts'

type Count = Stats['counts'][keyof Stats['counts']]
export type BulkTarget = Pick<BulkRequest, 'ids' | 'filter'>

/** The API takes so many ids at once. */
const MOST_IDS = 200

/** What is asked for, in as many requests as it takes. */
function requestsOf({ ids, filter }: BulkTarget): BulkTarget[] {
  if (!ids) return filter ? [{ filter }] : []
  return Array.from({ length: Math.ceil(ids.length / MOST_IDS) }, (_, index) => ({
    ids: ids.slice(index * MOST_IDS, (index + 1) * MOST_IDS),
  }))
}

/** How many jobs an action would change. */
export async function countBulk(
  action: BulkRequest['action'],
  target: BulkTarget,
  signal: AbortSignal,
): Promise<Count> {
  let value = 0
  let isExact = true
  for (const request of requestsOf(target)) {
    const { matched } = await client.bulk({ action, ...request, dry_run: true }, { signal })
    value += matched?.value ?? 0
    isExact &&= matched?.is_exact !== false
  }
  return { value, is_exact: isExact }
}

/** Does it, part by part. */
export async function* doBulk(
  action: BulkRequest['action'],
  target: BulkTarget,
  signal: AbortSignal,
): AsyncGenerator<BulkResult, void> {
  for (const request of requestsOf(target)) yield* client.bulkParts({ action, ...request }, { signal })
}
