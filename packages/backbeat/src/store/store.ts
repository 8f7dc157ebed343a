import type { Restrictions } from '../job/admission.ts'
import type { Assignment, Lease } from '../job/assignment.ts'
import type { Attempt, Item, Job, JobSummary, LogLine, RetryScope } from '../job/job.ts'
import type { RaisedNotification } from '../job/notification.ts'
import type { ItemBatch, Report, SettledItem } from '../job/report.ts'
import type { Status } from '../job/states.ts'
import type { Changes, RunningJob } from '../job/transition.ts'
import type { Json } from '../json.ts'
import type { AccessRecords } from './access-records.ts'
import type { Count, InsightRecords } from './insight-records.ts'
import type { NotificationRecords } from './notification-records.ts'
import type { Page, PageRequest } from './paging.ts'
import type { WorkerRecords } from './worker-records.ts'

export type * from './access-records.ts'
export type * from './insight-records.ts'
export type * from './notification-records.ts'
export type * from './paging.ts'
export type * from './worker-records.ts'

/** A job to be stored, checked and complete. */
export interface NewJob {
  /** UUIDv7, so that the order of ids is the order of creation. */
  id: string
  taskType: string
  queue: string
  priority: number
  input: Json
  triggeredBy: string
  tags: string[]
  /** Not before this time; `null` for now. Milliseconds since 1970 in UTC, as everywhere here. */
  runAt: number | null
  /** Not before so long after it is stored, by the store's time; for where `runAt` is `null`. */
  delayMs?: number
  maxAttempts: number
  maxRedeliveries: number
  uniqueKey: string | null
  /** For how long after it was stored the key stays taken, even when the job is over; `null` while it is active. */
  uniquePeriodMs: number | null
  /** Take the place of a job of the same key that still waits; one that runs is in the way all the same. */
  replacesWaiting: boolean
  retriedFromId: string | null
  retryScope: RetryScope
  /** How many items there will be, where it is known already. */
  totalItems: number
  /** Not started after this time. */
  expiresAt: number | null
  /** Not started later than so long after it was due; for where `expiresAt` is `null`. */
  expiresAfterMs?: number
  restrictions: Restrictions | null
  /** Tenants of one queue and priority take turns. */
  tenant: string | null
}

/** What became of one job that was to be stored. */
export type Insertion =
  | { id: string; inserted: true }
  /** A job has the same unique key, or retries the same job already. */
  | { id: string; inserted: false; activeJobId: string }

export interface ClaimRequest {
  worker: string
  /** At most this many jobs. */
  limit: number
  /** Only these queues; `null` for every queue. */
  queues: readonly string[] | null
  /** How long the lease lasts unless it is renewed. */
  leaseMs: number
}

/** A job that was claimed, with what deciding about its outcome needs. */
export interface ClaimedJob extends Assignment, Pick<RunningJob, 'maxRedeliveries'> {
  uniqueKey: string | null
  startedAt: number
  /** Of its input as it is stored, in characters of JSON. */
  inputLength: number
}

export interface Claim {
  jobs: ClaimedJob[]
  /** When the next waiting job of these queues is due; `null` where none waits for a later time. */
  nextDueAt: number | null
}

export interface Renewal {
  /** Leases that are no longer ours. */
  lost: Lease[]
  /** Leases whose job someone wants cancelled. */
  cancelled: (Lease & { reason: string })[]
}

/** A running attempt's outcome, decided and ready to be written. */
export interface Settlement {
  lease: Lease
  changes: Changes
  /**
   * Whether the decision knew of a request to cancel. Where one came in between, the write is
   * answered with `undecided`, so that the decision can be made again.
   */
  knewOfCancel: boolean
  /** What people are told of it, written together with it; for a job that rests. Default: nothing. */
  notification?: RaisedNotification | null
  /** Write only where the lease has run out by now: its worker may have renewed it in the meantime. Default: false. */
  onlyIfExpired?: boolean
  /**
   * An earlier try may have been written, and its answer lost. Then this one is answered as written where
   * this very delivery is on record with this status and outcome, which nobody else can have written.
   * Default: false.
   */
  triedBefore?: boolean
}

export type SettlementResult =
  | { kind: 'written' }
  /** The lease was lost; the outcome is not recorded. */
  | { kind: 'refused' }
  | { kind: 'undecided'; cancelRequested: string }

/** A running job whose lease has run out. */
export interface ExpiredJob extends Lease, RunningJob {
  taskType: string
  worker: string | null
}

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

/** What {@link JobExecution.tidy} put right. */
export interface Tidied {
  expired: number
  unblocked: number
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

/** An open transaction of a database library, as that library hands it out. */
export type Transaction = object

/** A transaction of the store's own database that a task's effects and its outcome share. */
export interface AttemptTransaction {
  /**
   * Whether its connection was lost. Nothing of what it did is there then, but for a commit whose
   * answer was lost on the way.
   */
  readonly isLost: boolean
  /** The database library's own handle, for the task: a `DatabaseSync` on SQLite, a `pg` client on Postgres. */
  readonly handle: object
  /** As {@link JobExecution}'s, within the transaction; `report` answers whether it was written. */
  report(lease: Lease, report: Report): Promise<boolean>
  settledItems(lease: Lease, keys: readonly string[]): Promise<Map<string, SettledItem>>
  recordItems(lease: Lease, batch: ItemBatch): Promise<boolean>
  settle(settlement: Settlement): Promise<SettlementResult>
  commit(): Promise<void>
  /** Undoes everything; does nothing after a commit. */
  rollback(): Promise<void>
}

/** Puts jobs in. */
export interface JobInsertion {
  /**
   * Stores all of the jobs in one transaction, but for those that meet a job of the same unique
   * key. Answers in the order given.
   *
   * @param transaction one of the application's own, on the same database: the jobs are there once
   *   it commits, and never where it is rolled back
   * @throws BackbeatError `unknown_transaction`, `not_in_transaction`
   */
  insert(jobs: readonly NewJob[], transaction?: Transaction): Promise<Insertion[]>
}

/** Puts jobs straight into the hands of a worker of this process. */
export interface JobHandOver {
  /**
   * Stores jobs and claims them in the same write, but for those of a queue that is paused, drained or
   * limited: these wait as if {@link JobInsertion.insert} had stored them.
   *
   * @param jobs none that has to wait, or that may meet another; see `startsAtOnce`
   * @returns those that are claimed
   */
  insertClaimed(jobs: readonly NewJob[], claim: Pick<ClaimRequest, 'worker' | 'leaseMs'>): Promise<ClaimedJob[]>
}

/** What a worker needs. Every write is refused where the lease is not current. */
export interface JobExecution {
  /** Claims waiting jobs that are due: highest priority first, then the one due longest. */
  claim(request: ClaimRequest): Promise<Claim>
  /** Makes leases last `leaseMs` from now. */
  renew(leases: readonly Lease[], leaseMs: number): Promise<Renewal>
  /** Writes outcomes, each with its attempt, in one transaction. Answers in the order given. */
  settle(settlements: readonly Settlement[]): Promise<SettlementResult[]>
  /** Begins a transaction on a connection of its own. */
  beginAttempt(): Promise<AttemptTransaction>
  /** Stores progress and log lines. Answers the leases whose reports were refused. */
  report(reports: readonly { lease: Lease; report: Report }[]): Promise<Lease[]>
  settledItems(lease: Lease, keys: readonly string[]): Promise<Map<string, SettledItem>>
  /** Whether it was written; `false` where the lease is lost. Writing the same batch again changes nothing. */
  recordItems(lease: Lease, batch: ItemBatch): Promise<boolean>
  /** Running jobs whose lease has run out, at most `limit`, those in `held` left out. */
  findExpired(limit: number, held: readonly Lease[]): Promise<ExpiredJob[]>
  /**
   * Puts right what no claim comes across: cancels jobs that expired while they waited, unblocks
   * jobs whose limit has room, and forgets old changes. Doing it twice changes nothing.
   */
  tidy(): Promise<Tidied>
}

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
