import { isResting, isWaiting } from '../job/states.ts'
import type { JobFacts, SlotHolder, WorkerRecord } from '../store/store.ts'
import { isSilent } from './workers.ts'

/** One reason why a job is where it is. */
export interface Reason {
  /** Stable, in snake_case. */
  code: string
  /** What is so, in a sentence. */
  sentence: string
  /** What to do about it; empty where there is nothing to do. */
  fix: string
  /**
   * What the sentences name, by names in snake_case, for whoever says it in other words: lengths of time
   * end in `_ms`. Only of jobs that wait.
   */
  params: Readonly<Record<string, string | number | boolean>>
}

/** Why a job is where it is. */
export interface Explanation {
  /** Whether it waits, runs or is over. */
  state: 'waiting' | 'running' | 'resting'
  /** The most telling first; never empty. */
  reasons: Reason[]
}

/**
 * Says why a job does not run, or where it runs, or how it ended. Pure: the same facts give the same
 * answer.
 *
 * @param workers every worker that is known
 * @param isTaskKnown whether this application defines the job's task
 * @param mayName whether who asks may be told of a job that holds a place; others are only counted
 */
export function explain(
  facts: JobFacts,
  workers: readonly WorkerRecord[],
  isTaskKnown: boolean,
  mayName: (holder: SlotHolder) => boolean = () => true,
): Explanation {
  const { job } = facts
  if (isResting(job.status)) return { state: 'resting', reasons: [resting(facts)] }
  if (!isWaiting(job.status)) return { state: 'running', reasons: running(facts, workers) }
  const reasons = [
    ...ofTime(facts),
    ...ofTask(facts, isTaskKnown),
    ...ofQueue(facts),
    ...ofLimits(facts, mayName),
    ...ofWorkers(facts, workers),
  ]
  if (reasons.length === 0) reasons.push(...ofOrder(facts, workers))
  return { state: 'waiting', reasons: [...reasons, ...ofExpiry(facts)] }
}

function resting({ job }: JobFacts): Reason {
  const error = [job.errorType, job.errorMessage].filter(Boolean).join(': ')
  switch (job.status) {
    case 'failed':
      return reason('failed', `It failed: ${error || 'no error was recorded'}.`, 'Mend the cause, then retry it.')
    case 'stuck':
      return reason(
        'stuck',
        `Its worker vanished and it may not be handed out again: ${error || 'no error was recorded'}.`,
        'Find out how far it came, then retry it.',
      )
    case 'cancelled':
      return reason('cancelled', `It was cancelled: ${job.cancelReason || 'no reason was given'}.`, '')
    case 'completed_with_warnings':
      return reason(
        'completed_with_warnings',
        `It is done, with ${job.items.failed} of ${job.items.total} items failed, or with warnings.`,
        job.items.failed > 0 ? 'Retry the failed items.' : '',
      )
    default:
      return reason('completed', 'It is done.', '')
  }
}

function running(facts: JobFacts, workers: readonly WorkerRecord[]): Reason[] {
  const { job, now, leaseExpiresAt } = facts
  const since = job.heartbeatAt === null ? '' : `; its last heartbeat was ${ago(now, job.heartbeatAt)}`
  const reasons: Reason[] = []
  if (job.cancelRequestedAt !== null) {
    reasons.push(
      reason(
        'cancel_requested',
        `It was asked to stop ${ago(now, job.cancelRequestedAt)}: ${job.cancelReason ?? ''}`,
        'It is ended when its worker’s grace period is over.',
      ),
    )
  }
  if (leaseExpiresAt !== null && leaseExpiresAt < now) {
    reasons.push(
      reason(
        'worker_lost',
        `Its worker ${job.worker} has been silent past its lease${since}.`,
        workers.some((worker) => !isSilent(worker))
          ? 'Another worker takes it back within seconds.'
          : 'Start a worker: it takes the job back.',
      ),
    )
  } else reasons.push(reason('running', `It runs on worker ${job.worker}${since}.`, ''))
  return reasons
}

function ofTime({ job, now, startReserved, restrictions }: JobFacts): Reason[] {
  if (job.runAt <= now) return []
  const dueInMs = job.runAt - now
  const when = `in ${span(dueInMs)}`
  if (startReserved && restrictions?.rate) {
    const { key, limit, perMs } = restrictions.rate
    const sentence = `The rate limit of the key "${key}" (${limit} in ${span(perMs)}) lets it start ${when}.`
    const params = { key, limit, per_ms: perMs, due_in_ms: dueInMs }
    return [reason('rate_limit', sentence, 'Wait, or raise the task’s rate limit.', params)]
  }
  if (job.status === 'retrying') {
    const error = [job.errorType, job.errorMessage].filter(Boolean).join(': ')
    const sentence = `Attempt ${job.attempt} of ${job.maxAttempts} failed (${error}); the next is due ${when}.`
    const params = { attempt: job.attempt, max_attempts: job.maxAttempts, error, due_in_ms: dueInMs }
    return [reason('retry_later', sentence, 'Wait, or mend the cause meanwhile.', params)]
  }
  return [reason('due_later', `It is due ${when}.`, 'Wait; it starts by itself.', { due_in_ms: dueInMs })]
}

function ofTask({ job }: JobFacts, isTaskKnown: boolean): Reason[] {
  if (isTaskKnown) return []
  const sentence = `No task is called "${job.taskType}" in the application that answers this.`
  const fix = 'Deploy the code that defines the task, or cancel the job if it was removed.'
  return [reason('unknown_task', sentence, fix, { task_type: job.taskType })]
}

function ofQueue({ job, now, queue }: JobFacts): Reason[] {
  const { pausedAt, drainingSince, concurrency, running } = queue
  const reasons: Reason[] = []
  if (pausedAt !== null) {
    const sentence = `The queue "${job.queue}" was paused ${ago(now, pausedAt)}.`
    const params = { queue: job.queue, paused_ms: now - pausedAt }
    reasons.push(reason('queue_paused', sentence, 'Resume the queue.', params))
  }
  if (drainingSince !== null && job.createdAt > drainingSince) {
    reasons.push(
      reason(
        'queue_draining',
        `The queue "${job.queue}" is being drained since before the job was stored, so only older jobs are started.`,
        'Resume the queue when it is empty.',
        { queue: job.queue },
      ),
    )
  }
  if (concurrency !== null && running >= concurrency) {
    reasons.push(
      reason(
        'queue_full',
        `The queue "${job.queue}" runs at most ${concurrency} jobs at the same time, and ${running} run.`,
        'Wait until one of them ends, or raise the queue’s concurrency.',
        { queue: job.queue, limit: concurrency, running },
      ),
    )
  }
  return reasons
}

function ofLimits({ job, restrictions, holders }: JobFacts, mayName: (holder: SlotHolder) => boolean): Reason[] {
  if (job.blockedBy === null) return []
  const limit = restrictions?.concurrency.find(({ key }) => key === job.blockedBy)?.limit
  const named = holders.filter(mayName).map(({ jobId, taskType }) => `${jobId} (${taskType})`)
  const hidden = holders.length - named.length
  const others = hidden > 0 ? [`${hidden} ${hidden === 1 ? 'job' : 'jobs'} of others`] : []
  const held = [...named, ...others].join(', ')
  const sentence = `At most ${limit ?? 'so many'} jobs of the key "${job.blockedBy}" run at the same time. The places are held by ${held || 'jobs that have just ended'}.`
  return [
    reason(
      'concurrency_limit',
      sentence,
      'Wait until one of them ends, cancel one, or raise the task’s concurrency limit.',
      { key: job.blockedBy, ...(limit !== undefined && { limit }), held_by: named.join(', '), held_by_others: hidden },
    ),
  ]
}

function ofWorkers({ job }: JobFacts, workers: readonly WorkerRecord[]): Reason[] {
  const alive = workers.filter((worker) => !isSilent(worker))
  if (alive.length === 0) {
    const silent = workers.length > 0
    const sentence = silent
      ? `None of the ${workers.length} known workers has given a sign of life for longer than its lease.`
      : 'No worker runs.'
    const fix = 'Start one: backbeat worker --app <file>, or backbeat.startWorker().'
    return [reason('no_worker', sentence, fix, { silent: workers.length })]
  }
  const serving = alive.filter(({ queues }) => queues === null || queues.includes(job.queue))
  if (serving.length === 0) {
    return [
      reason(
        'no_worker_for_queue',
        `None of the ${alive.length} workers serves the queue "${job.queue}".`,
        `Start one that does: backbeat worker --queues ${job.queue}, or leave its queues out to serve all.`,
        { queue: job.queue, workers: alive.length },
      ),
    ]
  }
  if (serving.every(({ state }) => state !== 'running')) {
    const sentence = `Every worker that serves the queue "${job.queue}" is quiet or stopping: ${named(serving)}.`
    const params = { queue: job.queue, workers: named(serving) }
    return [reason('workers_quiet', sentence, 'Resume one of them, or start another.', params)]
  }
  return []
}

function ofOrder({ job, ahead }: JobFacts, workers: readonly WorkerRecord[]): Reason[] {
  const serving = workers.filter(
    ({ state, queues, ...worker }) =>
      state === 'running' && !isSilent(worker) && (queues === null || queues.includes(job.queue)),
  )
  const free = serving.reduce((sum, { slots, running }) => sum + Math.max(0, slots - running), 0)
  const slots = serving.reduce((sum, worker) => sum + worker.slots, 0)
  const others = ahead.isExact ? `${ahead.value}` : `more than ${ahead.value}`
  const params = { queue: job.queue, slots, ahead: ahead.value, ahead_is_exact: ahead.isExact }
  if (free === 0) {
    return [
      reason(
        'no_free_slot',
        `All ${slots} slots of the workers that serve the queue "${job.queue}" are taken, and ${others} jobs come before it.`,
        'Wait, start another worker, or give one more slots.',
        params,
      ),
    ]
  }
  if (ahead.value > 0) {
    const sentence = `In the queue "${job.queue}" ${others} jobs come before it.`
    return [reason('behind_others', sentence, 'Wait; its turn comes.', params)]
  }
  return [reason('ready', 'Nothing is in its way.', 'It starts within a second or so.')]
}

function ofExpiry({ job, now }: JobFacts): Reason[] {
  if (job.expiresAt === null) return []
  if (job.expiresAt <= now) {
    const sentence = `It expired ${ago(now, job.expiresAt)} and is about to be cancelled.`
    return [reason('expired', sentence, '', { expired_ms: now - job.expiresAt })]
  }
  const sentence = `It is cancelled unless it starts within ${span(job.expiresAt - now)}.`
  const fix = 'Remove what is in its way before that, or enqueue it anew.'
  return [reason('expires', sentence, fix, { expires_in_ms: job.expiresAt - now })]
}

function named(workers: readonly WorkerRecord[]): string {
  const names = workers.slice(0, 5).map(({ name, state }) => `${name} (${state})`)
  return workers.length > 5 ? `${names.join(', ')} and ${workers.length - 5} more` : names.join(', ')
}

function reason(code: string, sentence: string, fix: string, params: Reason['params'] = {}): Reason {
  return { code, sentence, fix, params }
}

function ago(now: number, then: number): string {
  return `${span(now - then)} ago`
}

/** A length of time as people say it: `420 ms`, `12 s`, `2 m 30 s`, `3 h 20 m`, `5 d`. */
function span(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'm', seconds % 60, 's')
  if (seconds < 86_400) return pair(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'm')
  return pair(Math.floor(seconds / 86_400), 'd', Math.floor((seconds % 86_400) / 3600), 'h')
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}
