import type { Assignment, Lease } from '../job/assignment.ts'
import type { RaisedNotification } from '../job/notification.ts'
import type { ItemBatch, Report, SettledItem } from '../job/report.ts'
import type { Changes, RunningJob } from '../job/transition.ts'

export interface ClaimRequest {
  worker: string
  /** At most this many jobs. */
  limit: number
  /** Only these queues; `null` for every queue. */
  queues: readonly string[] | null
  /** How long the lease lasts unless it is renewed. */
  leaseMs: number
  /**
   * Whether these jobs are expected to be over in a moment. A store may then leave them `pending` in the eyes of
   * others until they are, or for half a second. By default not.
   */
  areQuick?: boolean
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

/** What {@link JobExecution.tidy} put right. */
export interface Tidied {
  expired: number
  unblocked: number
}

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
