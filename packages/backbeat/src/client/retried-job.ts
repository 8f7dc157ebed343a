import type { Job, RetryScope } from '../job/job.ts'
import type { Vault } from '../redaction/vault.ts'
import type { NewJob } from '../store/store.ts'
import type { AnyTask } from '../task/define.ts'
import { parseInput } from '../task/input.ts'
import { newJobId } from './job-id.ts'

/** A new job that does the work of another one again. @throws InvalidInputError where its input no longer fits */
export async function retryOf(job: Job, task: AnyTask, by: string, scope: RetryScope, vault: Vault): Promise<NewJob> {
  return {
    id: newJobId(),
    taskType: job.taskType,
    queue: job.queue,
    priority: job.priority,
    input: job.input,
    triggeredBy: `retry:${by}`,
    tags: job.tags,
    runAt: null,
    maxAttempts: task.retry.maxAttempts,
    maxRedeliveries: task.maxRedeliveries,
    uniqueKey: job.uniqueKey,
    // The period is for those who enqueue; who retries by hand has looked.
    uniquePeriodMs: null,
    replacesWaiting: false,
    retriedFromId: job.id,
    retryScope: scope,
    totalItems: scope === 'failed_items' ? job.items.failed : 0,
    expiresAt: null,
    restrictions: task.restrictionsOf(await parseInput(task, vault.open(task.name, job.input))),
    tenant: job.tenant,
  }
}
