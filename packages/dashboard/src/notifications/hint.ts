import { queryClient } from '../api/client.ts'
import type { Change } from '../live/job-list.ts'

const TOLD_OF = ['failed', 'stuck', 'completed_with_warnings']

/** Asks for notifications again where jobs came to rest in a way that people may be told of. */
export function askAfter(changes: readonly Change[]): void {
  const mayBeTold = changes.some((change) => change.kind === 'job' && TOLD_OF.includes(change.job.status))
  if (mayBeTold) void queryClient.invalidateQueries({ queryKey: ['notifications'] })
}
