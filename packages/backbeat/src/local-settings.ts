import { type ByteSize, toBytes } from './byte-size.ts'
import { type Duration, toMs } from './duration.ts'
import { BackbeatError } from './errors.ts'
import type { Json } from './json.ts'
import { POOL_KINDS, type PoolKind } from './task/define.ts'

export interface WorkerSettings {
  /** How many jobs run at the same time. Default: 10. */
  concurrency?: number
  /** Only these queues. Default: every queue. */
  queues?: readonly string[]
  /** How long a worker may be silent before its jobs are given to others. Default: `'15s'`. */
  lease?: Duration
  /** How often waiting jobs are looked for without a signal. Default: `'1s'`. */
  poll?: Duration
  /** How long running jobs may take to finish when the worker is stopped. Default: `'10s'`. */
  shutdownGrace?: Duration
  /** How long a cancelled task may take to stop before its executor is ended. Default: `'10s'`. */
  cancelGrace?: Duration
  /**
   * Where tasks run that do not say so themselves: in the worker's own thread (`inline`), in
   * `threads`, or in child `processes`. Default: `threads` where `module` is given, else `inline`.
   */
  pool?: PoolKind
  /**
   * How many jobs share a thread or process. More than one suits tasks that mostly wait: one that
   * blocks holds up its neighbours, and one that has to be ended sends them back to their queue,
   * which is not counted against them. Default: 1.
   */
  jobsPerExecutor?: number
  /** When a thread or process is replaced, never in the middle of a job. Default: never. */
  recycle?: {
    /** After so many jobs. */
    jobs?: number
    /** When it uses more than this after a job: a thread's heap and buffers, a process's resident memory. */
    memory?: ByteSize
  }
  /**
   * How large the JavaScript heap of a thread or process may become. Running out of it ends a
   * process and is counted as a loss of its job; a thread may take the whole worker along. Default:
   * Node's own limit.
   */
  maxHeap?: ByteSize
}

/** Worker settings, checked and completed. */
export interface LocalSettings {
  concurrency: number
  queues: readonly string[] | null
  leaseMs: number
  pollMs: number
  shutdownGraceMs: number
  cancelGraceMs: number
  /** `null` where it depends on whether there is a module. */
  pool: PoolKind | null
  jobsPerExecutor: number
  recycleJobs: number | null
  recycleBytes: number | null
  maxHeapBytes: number | null
}

/** @throws BackbeatError `invalid_option`, `invalid_duration` or `invalid_byte_size`, naming the setting */
export function checkedSettings(settings: WorkerSettings): LocalSettings {
  const { pool, queues, recycle = {}, maxHeap } = settings
  if (pool !== undefined && !POOL_KINDS.includes(pool)) {
    throw invalid('pool', pool, `Give one of ${POOL_KINDS.join(', ')}.`)
  }
  if (queues !== undefined && queues.length === 0) {
    throw invalid('queues', queues, 'Name at least one queue, or leave it out to serve every queue.')
  }
  return {
    concurrency: atLeastOne('concurrency', settings.concurrency ?? 10),
    queues: queues ?? null,
    leaseMs: toMs(settings.lease ?? '15s', 'worker.lease'),
    pollMs: toMs(settings.poll ?? '1s', 'worker.poll'),
    shutdownGraceMs: toMs(settings.shutdownGrace ?? '10s', 'worker.shutdownGrace'),
    cancelGraceMs: toMs(settings.cancelGrace ?? '10s', 'worker.cancelGrace'),
    pool: pool ?? null,
    jobsPerExecutor: atLeastOne('jobsPerExecutor', settings.jobsPerExecutor ?? 1),
    recycleJobs: recycle.jobs === undefined ? null : atLeastOne('recycle.jobs', recycle.jobs),
    recycleBytes: recycle.memory === undefined ? null : toBytes(recycle.memory, 'worker.recycle.memory'),
    maxHeapBytes: maxHeap === undefined ? null : toBytes(maxHeap, 'worker.maxHeap'),
  }
}

/** The settings as the API shows them. */
export function shownSettings(settings: LocalSettings): Record<string, Json> {
  const { queues, ...others } = settings
  const shown = { ...others, queues: queues && [...queues] }
  return Object.fromEntries(
    Object.entries(shown).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  )
}

function atLeastOne(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value
  throw invalid(name, value, 'Give a whole number of at least 1.')
}

function invalid(name: string, value: unknown, advice: string): BackbeatError {
  return new BackbeatError('invalid_option', `worker.${name} is ${JSON.stringify(value)}. ${advice}`)
}
