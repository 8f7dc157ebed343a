import type { CompiledQuery, Kysely } from 'kysely'
import type { Clock } from '../../clock.ts'
import type { Lease } from '../../job/assignment.ts'
import type { Attempt, Item, Job, JobSummary, LogLine } from '../../job/job.ts'
import type { ItemBatch, Report, SettledItem } from '../../job/report.ts'
import { isResting } from '../../job/states.ts'
import { ChangeListeners } from '../change-listeners.ts'
import { SqlAccessRecords, type StepRunner } from '../sql/access-records.ts'
import { handedOver } from '../sql/handed-over.ts'
import { listJobs } from '../sql/job-list.ts'
import { countJobs, listJobsFrom } from '../sql/job-pages.ts'
import { getJob, getSummaries, listAttempts, listItems, listLogLines, listRetries } from '../sql/job-records.ts'
import type { Patience, SearchParts } from '../sql/job-search.ts'
import { SqlNotificationRecords } from '../sql/notification-records.ts'
import { OpenClaims } from '../sql/open-claims.ts'
import { SqlInsights } from '../sql/sql-insights.ts'
import { runSteps, runStepsAsync } from '../sql/steps.ts'
import type { Tables } from '../sql/tables.ts'
import type { Migration } from '../sql/upgrade.ts'
import * as workers from '../sql/workers.ts'
import type * as port from '../store.ts'
import { SqliteAttemptTransaction } from './attempt-transaction.ts'
import { dropClaims, writeOutClaim } from './bulk-claims.ts'
import { requestCancel } from './cancel.ts'
import { claimJobs } from './claim.ts'
import type { SqliteConnection } from './connection.ts'
import { explainFault } from './errors.ts'
import { ForeignWrites } from './foreign-writes.ts'
import { SqliteHeartbeatRecords } from './heartbeat-records.ts'
import { insertClaimedJobs, insertJobs } from './insert.ts'
import { findSettledItems, recordItemBatch } from './items.ts'
import { changePosition, changesAfter, pruneJournal } from './journal.ts'
import { kyselyOver, sqliteDialect } from './kysely.ts'
import { findExpiredJobs } from './leases.ts'
import { runnerIn } from './lent-transaction.ts'
import { migrate } from './migrate.ts'
import { patiently } from './patience.ts'
import { changeQueue, listQueues } from './queues.ts'
import { writeReport } from './report.ts'
import { rollUp } from './roll-up.ts'
import { settleAttempts } from './settle.ts'
import { tidy } from './tidy.ts'

/**
 * The store on one SQLite database. Time is the machine's, which all of its processes share.
 * Listeners hear of a change only once it is committed.
 */
export class SqliteStore implements port.Store {
  readonly url: string
  readonly answersAtOnce = true
  readonly shared: SharedArrayBuffer | null
  readonly access: port.AccessRecords
  readonly insights: port.InsightRecords
  readonly notifications: port.NotificationRecords
  readonly #connection: SqliteConnection
  readonly #clock: Clock
  readonly #heartbeat: SqliteHeartbeatRecords
  readonly #migrations: readonly Migration[]
  readonly #db: Kysely<Tables>
  readonly #listeners = new ChangeListeners()
  readonly #foreignWrites: ForeignWrites
  readonly #open: OpenClaims

  readonly #lists: SearchParts

  /**
   * @param migrations every step of the schema
   * @param patience for how long lists look for jobs
   */
  constructor(connection: SqliteConnection, clock: Clock, migrations: readonly Migration[], patience: Patience) {
    this.url = connection.url
    this.shared = connection.shared
    this.#connection = connection
    this.#clock = clock
    this.#heartbeat = new SqliteHeartbeatRecords(connection, clock)
    this.#migrations = migrations
    this.#db = kyselyOver(connection.database)
    this.#lists = {
      db: this.#db,
      dialect: sqliteDialect,
      patience,
      // Nothing here can be given up once it has begun.
      within: async (query) => (await this.#db.executeQuery(query.compile() as CompiledQuery)).rows as never,
    }
    this.insights = new SqlInsights({
      db: this.#db,
      dialect: sqliteDialect,
      run: (work) => this.#run(work),
      rollUp: () => this.#run((now) => rollUp(connection, now)),
      isId: () => true,
    })
    const runner: StepRunner = {
      read: (steps) => this.#run((now) => runSteps(steps(now), (step) => connection.rows(step))),
      write: (steps) => this.#write((now) => ({ result: runSteps(steps(now), (step) => connection.rows(step)) })),
    }
    this.access = new SqlAccessRecords(this.#db, runner)
    this.notifications = new SqlNotificationRecords(this.#db, runner)
    this.#open = new OpenClaims(clock, {
      writeOut: (id) => this.#write(() => ({ result: writeOutClaim(connection, id) > 0 })),
      drop: (ids) => this.#write(() => ({ result: dropClaims(connection, ids) })),
      onWrittenOut: () => this.#listeners.tell('changed'),
    })
    this.#foreignWrites = new ForeignWrites(connection, clock, () => this.#listeners.tell('elsewhere'))
  }

  async insert(jobs: readonly port.NewJob[], transaction?: port.Transaction): Promise<port.Insertion[]> {
    if (jobs.length === 0) return []
    // What the application commits is noticed as a write from elsewhere.
    if (transaction) return this.#insertIn(transaction, jobs)
    return this.#write((now) => {
      this.#connection.noteRows(jobs.length)
      const insertions = runSteps(insertJobs(jobs, now), (step) => this.#connection.rows(step))
      return { result: insertions, changed: insertions.some(({ inserted }) => inserted) ? ['ready'] : [] }
    })
  }

  async insertClaimed(
    jobs: readonly port.NewJob[],
    claim: Pick<port.ClaimRequest, 'worker' | 'leaseMs'>,
  ): Promise<port.ClaimedJob[]> {
    return this.#write((now) => {
      this.#connection.noteRows(jobs.length)
      const claimed = runSteps(insertClaimedJobs(jobs, claim, now), (step) => this.#connection.rows(step))
      const result = claimed.map((job) => handedOver(job, now))
      return { result, changed: [result.length < jobs.length ? 'ready' : 'changed'] }
    })
  }

  async claim(request: port.ClaimRequest): Promise<port.Claim> {
    const claim = await this.#run(() => claimJobs(this.#connection, request, this.#open, () => this.#clock.now()))
    if (claim.jobs.length > 0) this.#listeners.tell('changed')
    return claim
  }

  renew(leases: readonly Lease[], leaseMs: number): Promise<port.Renewal> {
    return this.#heartbeat.renew(leases, leaseMs)
  }

  async settle(settlements: readonly port.Settlement[]): Promise<port.SettlementResult[]> {
    if (settlements.length === 0) return []
    const results = await this.#write((now) => {
      const result = settleAttempts(this.#connection, settlements, now)
      const written = settlements.filter((_, index) => result[index]?.kind === 'written')
      const changed = new Set(written.map(({ changes }) => (isResting(changes.status) ? 'rested' : 'ready')))
      return { result, changed }
    })
    this.#open.settle(settlements, results)
    return results
  }

  beginAttempt(): Promise<port.AttemptTransaction> {
    return this.#run(() => new SqliteAttemptTransaction(this.#connection.another(), this.#clock))
  }

  async report(reports: readonly { lease: Lease; report: Report }[]): Promise<Lease[]> {
    if (reports.length === 0) return []
    return this.#write(() => {
      const refused = reports.filter(({ lease, report }) => !writeReport(this.#connection, lease, report))
      const changed: port.StoreChange[] = refused.length < reports.length ? ['changed'] : []
      return { result: refused.map(({ lease }) => lease), changed }
    })
  }

  settledItems(lease: Lease, keys: readonly string[]): Promise<Map<string, SettledItem>> {
    return this.#run(() => findSettledItems(this.#connection, lease, keys))
  }

  recordItems(lease: Lease, batch: ItemBatch): Promise<boolean> {
    return this.#write((now) => {
      this.#connection.noteRows(batch.outcomes.length)
      const result = recordItemBatch(this.#connection, lease, batch, now)
      return { result, changed: result ? ['changed'] : [] }
    })
  }

  findExpired(limit: number, held: readonly Lease[]): Promise<port.ExpiredJob[]> {
    return this.#run((now) => findExpiredJobs(this.#connection, limit, held, now))
  }

  async tidy(): Promise<port.Tidied> {
    const tidied = await this.#write((now) => {
      const result = tidy(this.#connection, now)
      const changed: port.StoreChange[] = []
      if (result.unblocked > 0) changed.push('ready')
      if (result.expired > 0) changed.push('rested')
      return { result, changed }
    })
    await pruneJournal(this.#connection, (work) => this.#write((now) => ({ result: work(now) })))
    return tidied
  }

  queues(): Promise<port.QueueState[]> {
    return this.#run(() => listQueues(this.#connection))
  }

  changeQueue(name: string, change: port.QueueChange): Promise<void> {
    return this.#write((now) => {
      changeQueue(this.#connection, name, change, now)
      return { result: undefined, changed: ['ready'] }
    })
  }

  reportWorker(report: port.WorkerReport): Promise<port.WorkerOrders> {
    return this.#heartbeat.reportWorker(report)
  }

  workerOrders(name: string): Promise<port.WorkerOrders> {
    return this.#heartbeat.workerOrders(name)
  }

  async orderWorker(name: string, orders: Partial<port.WorkerOrders>): Promise<boolean> {
    const isKnown = await this.#run(() => workers.orderWorker(this.#db, name, orders))
    if (isKnown) this.#listeners.tell('ordered')
    return isKnown
  }

  workers(): Promise<port.WorkerRecord[]> {
    return this.#run((now) => workers.listWorkers(this.#db, now))
  }

  removeWorker(name: string): Promise<void> {
    return this.#heartbeat.removeWorker(name)
  }

  pruneWorkers(silentForMs: number): Promise<number> {
    return this.#heartbeat.pruneWorkers(silentForMs)
  }

  get(id: string): Promise<Job | undefined> {
    return this.#run(() => getJob(this.#db, id))
  }

  summaries(ids: readonly string[]): Promise<JobSummary[]> {
    return this.#run(() => getSummaries(this.#db, ids))
  }

  list(filter: port.JobFilter, page: port.PageRequest): Promise<port.Page<JobSummary>> {
    return this.#run(() => listJobs(this.#lists, filter, page))
  }

  listFrom(filter: port.JobFilter, offset: number, limit: number): Promise<JobSummary[]> {
    return this.#run(() => listJobsFrom(this.#lists, filter, offset, limit))
  }

  count(filter: port.JobFilter, upTo: number): Promise<port.Count> {
    return this.#run(() => countJobs(this.#lists, filter, upTo))
  }

  items(id: string, filter: port.ItemFilter, page: port.PageRequest): Promise<port.Page<Item>> {
    return this.#run(() => listItems(this.#db, id, filter, page))
  }

  logs(id: string, request: port.LogRequest): Promise<port.Page<LogLine>> {
    return this.#run(() => listLogLines(this.#db, id, request))
  }

  attempts(id: string): Promise<Attempt[]> {
    return this.#run(() => listAttempts(this.#db, id))
  }

  retries(id: string, limit: number): Promise<JobSummary[]> {
    return this.#run(() => listRetries(this.#db, id, limit))
  }

  async requestCancel(id: string, reason: string): Promise<port.Cancellation> {
    const cancellation = await this.#write((now) => ({
      result: requestCancel(this.#connection, id, reason, now),
    }))
    if (cancellation === 'cancelled') this.#listeners.tell('rested')
    if (cancellation === 'requested') this.#listeners.tell('cancel_requested')
    return cancellation
  }

  changePosition(): Promise<string> {
    return this.#run(() => changePosition(this.#connection))
  }

  changesAfter(position: string, limit: number): Promise<port.JobChanges | null> {
    return this.#run(() => changesAfter(this.#connection, position, limit))
  }

  migrate(): Promise<void> {
    return this.#run((now) => migrate(this.#connection, now, this.#migrations))
  }

  ping(): Promise<void> {
    return this.#write(() => ({ result: undefined }))
  }

  subscribe(listener: (change: port.StoreChange) => void): () => void {
    const remove = this.#listeners.add(listener)
    this.#foreignWrites.watch()
    return () => {
      remove()
      if (this.#listeners.size === 0) this.#foreignWrites.stop()
    }
  }

  async close(): Promise<void> {
    this.#foreignWrites.stop()
    this.#listeners.clear()
    await this.#open.close()
    this.#connection.close()
  }

  /** The time is that at which nobody else can write any more: what was written before is never later. */
  #write<Result>(work: (now: number) => { result: Result; changed?: Iterable<port.StoreChange> }): Promise<Result> {
    return this.#run(() => {
      const { result, changed = [] } = this.#connection.write(() => work(this.#clock.now()))
      for (const change of changed) this.#listeners.tell(change)
      return result
    })
  }

  /** Never done again: what a part of it has written is in the application's transaction. */
  async #insertIn(transaction: port.Transaction, jobs: readonly port.NewJob[]): Promise<port.Insertion[]> {
    try {
      return await runStepsAsync(insertJobs(jobs, this.#clock.now()), runnerIn(transaction))
    } catch (error) {
      throw explainFault(error, this.url)
    }
  }

  #run<Result>(work: (now: number) => Result | Promise<Result>): Promise<Result> {
    return patiently(this.url, () => work(this.#clock.now()))
  }
}
