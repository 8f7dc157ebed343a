import type { Attempt, Item, Job, JobSummary, LogLine } from '../job/job.ts'
import type { Status } from '../job/states.ts'
import type { AccessRecords } from './access-records.ts'
import type { Count, InsightRecords } from './insight-records.ts'
import type { JobExecution } from './job-execution.ts'
import type { JobHandOver, JobInsertion } from './job-insertion.ts'
import type { NotificationRecords } from './notification-records.ts'
import type { Page, PageRequest } from './paging.ts'
import type { WorkerRecords } from './worker-records.ts'

export type * from './access-records.ts'
export type * from './heartbeat-records.ts'
export type * from './insight-records.ts'
export type * from './job-execution.ts'
export type * from './job-insertion.ts'
export type * from './notification-records.ts'
export type * from './paging.ts'
export type * from './worker-records.ts'

/** What became of a request to cancel. */
export type Cancellation =
  /** It had not started, and is cancelled. */
  | 'cancelled'
  /** It runs; its worker was asked to stop it. */
  | 'requested'
  /** It is over. */
  | 'resting'
  | 'unknown'

/** What operators set for a queue. */
export interface QueueSettings {
  /** Since when no job of it is claimed; `null` where it is open. */
  pausedAt: number | null
  /** Since when only jobs that were stored before are claimed; `null` where it is open. */
  drainingSince: number | null
  /** How many of its jobs run at the same time, across all workers; `null` for any number. */
  concurrency: number | null
}

export interface QueueState extends QueueSettings {
  name: string
  waiting: number
  running: number
}

/** A change to a queue's settings; what is absent stays. */
export interface QueueChange {
  paused?: boolean
  draining?: boolean
  concurrency?: number | null
}

export interface JobFilter {
  /** A name, or a pattern with `*` for any characters, such as `catalog.*`. */
  taskType?: string
  status?: readonly Status[]
  queue?: string
  /** Case-insensitive part of the task, id, error or a tag; `%` and `_` stand for themselves. */
  q?: string
  tag?: string
  triggeredBy?: string
  /** Created at or after. */
  from?: number
  /** Created before. */
  to?: number
  /** Only those that somebody may see; `null` for every one, as where it is absent. */
  scope?: JobScope | null
}

/** Which jobs somebody sees: those of some tasks, and those that they started. */
export interface JobScope {
  /** Patterns of the tasks, `*` for any characters. */
  tasks: readonly string[]
  /** A job's `triggered_by`. */
  startedBy: string
}

export interface ItemFilter {
  status?: Item['status']
}

/** Which of a job's log lines are wanted. */
export interface LogRequest extends PageRequest {
  /** Only those that were written after the line of this id. */
  after?: number
  /** The newest first, and from there back. Default: the oldest first. */
  newestFirst?: boolean
}

/** What changed in the store, as far as is known. */
export type StoreChange =
  /** More jobs wait, now or for a later time: claim, and learn of a new `nextDueAt`. */
  | 'ready'
  /** Jobs came to rest. */
  | 'rested'
  /** A running job was asked to stop. */
  | 'cancel_requested'
  /** A worker was asked for something. */
  | 'ordered'
  /** Jobs changed in another way: they were started, or reported how far they are. */
  | 'changed'
  /** Another process wrote; it is not known what. */
  | 'elsewhere'

/** Jobs that changed after a position, and the position that comes after those changes. */
export interface JobChanges {
  /** Each once, in no order. Some may have been answered before. */
  jobIds: string[]
  position: string
  /** Whether these are all changes that there are by now. */
  isComplete: boolean
}

/**
 * Which jobs changed, as each write noted it: a change and its entry are committed together. Only
 * renewed leases are not noted. Positions are the store's own; nobody else need understand them.
 */
export interface ChangeJournal {
  /** A position before everything that will be committed from now on. */
  changePosition(): Promise<string>
  /**
   * The changes that were committed after a position, whichever process made them, in whichever order
   * they were committed: none is left out.
   *
   * @param limit about so many entries at most, of which each names up to a hundred jobs; what one
   *   transaction wrote may be more
   * @returns `null` where changes may be missing: the position is older than the 15 minutes for which
   *   they are kept, or not one of this store's
   */
  changesAfter(position: string, limit: number): Promise<JobChanges | null>
}

/** What operators ask of queues, and the changes they may make. */
export interface QueueRecords {
  /** Every queue that has active jobs or settings, by name. */
  queues(): Promise<QueueState[]>
  changeQueue(name: string, change: QueueChange): Promise<void>
}

/** What people and programs ask about jobs, and the changes they may make. */
export interface JobRecords {
  get(id: string): Promise<Job | undefined>
  /** Those of the jobs that exist, in no order. */
  summaries(ids: readonly string[]): Promise<JobSummary[]>
  /**
   * Newest first. What is rare is looked for in a bounded time, after which the page says how far was
   * looked, and has a cursor to go on from. Those found by the middle of an id may come on a later page
   * than older ones whose error or tags have the text.
   */
  list(filter: JobFilter, page: PageRequest): Promise<Page<JobSummary>>
  /** The same list from some place on. Slow far down the list, where {@link list} is not. */
  listFrom(filter: JobFilter, offset: number, limit: number): Promise<JobSummary[]>
  /** How many jobs there are: exact up to a limit, beyond which, or where it takes too long, there are at least so many. */
  count(filter: JobFilter, upTo: number): Promise<Count>
  /** In the order of their position. */
  items(id: string, filter: ItemFilter, page: PageRequest): Promise<Page<Item>>
  logs(id: string, request: LogRequest): Promise<Page<LogLine>>
  /** Oldest first; the running one is the last. */
  attempts(id: string): Promise<Attempt[]>
  /** The jobs that retry this one, the newest first. */
  retries(id: string, limit: number): Promise<JobSummary[]>
  requestCancel(id: string, reason: string): Promise<Cancellation>
}

/**
 * The database that holds every record. Adapters differ in how, never in what: all of them pass
 * the same conformance suite.
 */
export interface Store
  extends JobInsertion,
    JobHandOver,
    JobExecution,
    JobRecords,
    QueueRecords,
    WorkerRecords,
    ChangeJournal {
  /**
   * Opens this store again, from another thread or process of this machine. May hold a password:
   * hand it on, never show or log it. Errors name the store without it.
   */
  readonly url: string
  /**
   * Memory by which this store's heartbeat, in a thread of its own, can help it; hand it on to `openHeartbeatRecords`.
   * `null` where there is nothing to help with.
   */
  readonly shared: SharedArrayBuffer | null
  /**
   * Whether what is asked of it is done by the time that the call returns, so that asking ahead gains nothing: there is
   * nothing to wait for meanwhile.
   */
  readonly answersAtOnce: boolean
  /** Who may use the API, and what they did with it. */
  readonly access: AccessRecords
  /** What people ask about many jobs at once, or about one job's place among them. */
  readonly insights: InsightRecords
  /** What people are told of jobs that came to rest, and what each of them has read. */
  readonly notifications: NotificationRecords
  /**
   * Creates or upgrades the tables, under a lock, so that many processes may start at once. Others may
   * work meanwhile, also those of an older version; tables that a newer version has upgraded are left as
   * they are where this one can work on them.
   *
   * @throws BackbeatError `schema_too_new`
   */
  migrate(): Promise<void>
  /** Answers whether the database can be reached and written to. */
  ping(): Promise<void>
  /** Calls the listener after changes, in this process at once, elsewhere within a short time. Returns how to stop. */
  subscribe(listener: (change: StoreChange) => void): () => void
  close(): Promise<void>
}
