import type { Kysely } from 'kysely'
import type { Clock } from '../../clock.ts'
import type { Lease } from '../../job/assignment.ts'
import type { Attempt, Item, Job, JobSummary, LogLine } from '../../job/job.ts'
import type { ItemBatch, Report, SettledItem } from '../../job/report.ts'
import { isResting } from '../../job/states.ts'
import { ChangeListeners } from '../change-listeners.ts'
import { SqlAccessRecords } from '../sql/access-records.ts'
import { listJobs } from '../sql/job-list.ts'
import { countJobs, listJobsFrom } from '../sql/job-pages.ts'
import { getSummaries, listAttempts, listItems, listLogLines, listRetries } from '../sql/job-records.ts'
import type { Patience, SearchParts } from '../sql/job-search.ts'
import { SqlNotificationRecords } from '../sql/notification-records.ts'
import { OpenClaims } from '../sql/open-claims.ts'
import { SqlInsights } from '../sql/sql-insights.ts'
import type { Tables } from '../sql/tables.ts'
import type { Migration } from '../sql/upgrade.ts'
import * as workers from '../sql/workers.ts'
import type * as port from '../store.ts'
import { PostgresAttemptTransaction } from './attempt-transaction.ts'
import { claimRecords } from './bulk-claims.ts'
import { requestCancel } from './cancel.ts'
import { type ClaimMemory, claimJobs } from './claim.ts'
import { ClaimFloors } from './claim-floors.ts'
import type { PostgresConnection } from './connection.ts'
import { explained } from './explained.ts'
import { ForeignChanges } from './foreign-changes.ts'
import { PostgresHeartbeatRecords } from './heartbeat-records.ts'
import { JobInserter } from './insert.ts'
import { findSettledItems, recordItemBatch } from './items.ts'
import { JobReader } from './job-reader.ts'
import { changePosition, changesAfter } from './journal.ts'
import { kyselyOver, nowOf, postgresDialect } from './kysely.ts'
import { findExpiredJobs } from './leases.ts'
import { migrate } from './migrate.ts'
import { Notifier } from './notifier.ts'
import { ping } from './ping.ts'
import { changeQueue, listQueues } from './queues.ts'
import { writeReports } from './report.ts'
import { postgresRollUpSql, rollUp } from './roll-up.ts'
import { rowsWithin } from './rows-within.ts'
import { settleAttempts } from './settle.ts'
import { StoreTime, tableNames } from './statements.ts'
import { stepRunner } from './step-runner.ts'
import { type StoreSql, storeSql } from './store-sql.ts'
import { tidy } from './tidy.ts'

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The store on a Postgres database. Time is the database's, which all machines share, unless a clock
 * is injected. Listeners hear of a change only once it is committed.
 */
export class PostgresStore implements port.Store {
  readonly answersAtOnce = false
  /** There is a server that does such things. */
  readonly shared = null
  readonly insights: port.InsightRecords
  readonly notifications: port.NotificationRecords
  readonly access: port.AccessRecords
  readonly #connection: PostgresConnection
  readonly #time: StoreTime
  readonly #db: Kysely<Tables>
  readonly #lists: SearchParts
  readonly #migrations: readonly Migration[]
  readonly #heartbeat: PostgresHeartbeatRecords
  readonly #inserter: JobInserter
  readonly #reader: JobReader
  readonly #sql: StoreSql
  readonly #claims: ClaimMemory
  readonly #listeners = new ChangeListeners()
  readonly #notifier: Notifier
  readonly #foreignChanges: ForeignChanges

  /**
   * @param clock for timers; and for the time, where it `isInjected`
   * @param migrations every step of the schema
   * @param patience for how long lists look for jobs
   */
  constructor(
    connection: PostgresConnection,
    clock: Clock,
    isInjected: boolean,
    migrations: readonly Migration[],
    patience: Patience,
  ) {
    const tables = tableNames(connection.location.schema)
    this.#connection = connection
    this.#migrations = migrations
    this.#time = new StoreTime(clock, isInjected)
    this.#heartbeat = new PostgresHeartbeatRecords(connection, this.#time)
    this.#db = kyselyOver(connection)
    const runner = stepRunner(connection, this.#time)
    this.access = new SqlAccessRecords(this.#db, runner)
    this.notifications = new SqlNotificationRecords(this.#db, runner)
    const dialect = postgresDialect(connection.location.schema)
    this.#lists = {
      db: this.#db,
      dialect,
      patience,
      within: (query, ms) => rowsWithin(connection, query.compile(), ms),
    }
    this.#notifier = new Notifier(connection, clock)
    this.#inserter = new JobInserter(connection, tables, this.#time, this.#notifier)
    this.#reader = new JobReader(this.#db)
    this.#sql = storeSql(tables)
    const records = claimRecords(connection, this.#sql.settle.writeOut, () => this.#tell('changed'))
    this.#claims = { floors: new ClaimFloors(), kind: null, open: new OpenClaims(clock, records) }
    const rollUpSql = postgresRollUpSql(connection.location.schema)
    this.insights = new SqlInsights({
      db: this.#db,
      dialect,
      run: (work) => this.#run(() => work(nowOf(this.#time))),
      rollUp: () => this.#run(() => rollUp(connection, rollUpSql, this.#time)),
      isId: (text) => ID.test(text),
    })
    this.#foreignChanges = new ForeignChanges(connection, this.#notifier, clock, (change) =>
      this.#listeners.tell(change),
    )
  }

  /** Not a field, so that printing the store does not print the password. */
  get url(): string {
    return this.#connection.location.url
  }

  /** Whether changes of other processes are notified; where not, they are looked for from time to time. */
  get isListening(): boolean {
    return this.#foreignChanges.isListening
  }

  async insert(jobs: readonly port.NewJob[], transaction?: port.Transaction): Promise<port.Insertion[]> {
    if (jobs.length === 0) return []
    // What the application commits is notified by its transaction, to this store as well.
    if (transaction) return this.#inserter.insertIn(transaction, jobs)
    const insertions = await this.#run(() => this.#inserter.insert(jobs))
    if (insertions.some(({ inserted }) => inserted)) this.#listeners.tell('ready')
    return insertions
  }

  async insertClaimed(
    jobs: readonly port.NewJob[],
    { worker, leaseMs }: Pick<port.ClaimRequest, 'worker' | 'leaseMs'>,
  ): Promise<port.ClaimedJob[]> {
    const claimed = await this.#run(() => this.#inserter.insertClaimed(jobs, worker, leaseMs))
    this.#tell(claimed.length < jobs.length ? 'ready' : 'changed')
    return claimed
  }

  async claim(request: port.ClaimRequest): Promise<port.Claim> {
    const tell = (change: port.StoreChange) => this.#tell(change)
    const claim = await this.#run(() =>
      claimJobs(this.#connection, this.#sql.claim, this.#time, request, this.#claims, tell),
    )
    if (claim.jobs.length > 0) this.#tell('changed')
    return claim
  }

  renew(leases: readonly Lease[], leaseMs: number): Promise<port.Renewal> {
    return this.#heartbeat.renew(leases, leaseMs)
  }

  async settle(settlements: readonly port.Settlement[]): Promise<port.SettlementResult[]> {
    if (settlements.length === 0) return []
    const { results, unblocked } = await this.#run(() =>
      settleAttempts(this.#connection, this.#sql.settle, this.#time, settlements),
    )
    this.#claims.open.settle(settlements, results)
    const changed = new Set<port.StoreChange>(unblocked > 0 ? ['ready'] : [])
    settlements.forEach(({ changes }, index) => {
      if (results[index]?.kind === 'written') changed.add(isResting(changes.status) ? 'rested' : 'ready')
    })
    for (const change of changed) this.#tell(change)
    return results
  }

  async report(reports: readonly { lease: Lease; report: Report }[]): Promise<Lease[]> {
    if (reports.length === 0) return []
    const refused = await this.#run(() => writeReports(this.#connection, this.#sql.report, reports))
    if (refused.length < reports.length) this.#tell('changed')
    return refused
  }

  settledItems(lease: Lease, keys: readonly string[]): Promise<Map<string, SettledItem>> {
    return this.#run(() => findSettledItems(this.#connection, this.#sql.item, lease, keys))
  }

  async recordItems(lease: Lease, batch: ItemBatch): Promise<boolean> {
    const recorded = await this.#run(() => recordItemBatch(this.#connection, this.#sql.item, this.#time, lease, batch))
    if (recorded) this.#tell('changed')
    return recorded
  }

  findExpired(limit: number, held: readonly Lease[]): Promise<port.ExpiredJob[]> {
    return this.#run(() => findExpiredJobs(this.#connection, this.#sql.lease, this.#time, limit, held))
  }

  beginAttempt(): Promise<port.AttemptTransaction> {
    const tell = (change: port.StoreChange) => this.#tell(change)
    return this.#run(async () => {
      const transaction = await this.#connection.begin()
      const { shown } = this.#connection.location
      return new PostgresAttemptTransaction(transaction, this.#sql, this.#time, shown, tell, this.#connection)
    })
  }

  async tidy(): Promise<port.Tidied> {
    const tidied = await this.#run(() => tidy(this.#connection, this.#sql.tidy, this.#time))
    if (tidied.unblocked > 0) this.#tell('ready')
    if (tidied.expired > 0) this.#tell('rested')
    return tidied
  }

  queues(): Promise<port.QueueState[]> {
    return this.#run(() => listQueues(this.#connection, this.#sql.queue))
  }

  async changeQueue(name: string, change: port.QueueChange): Promise<void> {
    await this.#run(() => changeQueue(this.#connection, this.#sql.queue, this.#time, name, change))
    this.#tell('ready')
  }

  reportWorker(report: port.WorkerReport): Promise<port.WorkerOrders> {
    return this.#heartbeat.reportWorker(report)
  }

  workerOrders(name: string): Promise<port.WorkerOrders> {
    return this.#heartbeat.workerOrders(name)
  }

  async orderWorker(name: string, orders: Partial<port.WorkerOrders>): Promise<boolean> {
    const isKnown = await this.#run(() => workers.orderWorker(this.#db, name, orders))
    if (isKnown) this.#tell('ordered')
    return isKnown
  }

  workers(): Promise<port.WorkerRecord[]> {
    return this.#run(() => workers.listWorkers(this.#db, nowOf(this.#time)))
  }

  removeWorker(name: string): Promise<void> {
    return this.#heartbeat.removeWorker(name)
  }

  pruneWorkers(silentForMs: number): Promise<number> {
    return this.#heartbeat.pruneWorkers(silentForMs)
  }

  get(id: string): Promise<Job | undefined> {
    return this.#ofJob(undefined, id, () => this.#reader.get(id))
  }

  summaries(ids: readonly string[]): Promise<JobSummary[]> {
    return this.#run(() =>
      getSummaries(
        this.#db,
        ids.filter((id) => ID.test(id)),
      ),
    )
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
    return this.#ofJob(emptyPage(), id, () => listItems(this.#db, id, filter, page))
  }

  logs(id: string, request: port.LogRequest): Promise<port.Page<LogLine>> {
    return this.#ofJob(emptyPage(), id, () => listLogLines(this.#db, id, request))
  }

  attempts(id: string): Promise<Attempt[]> {
    return this.#ofJob([], id, () => listAttempts(this.#db, id))
  }

  retries(id: string, limit: number): Promise<JobSummary[]> {
    return this.#ofJob([], id, () => listRetries(this.#db, id, limit))
  }

  async requestCancel(id: string, reason: string): Promise<port.Cancellation> {
    const cancellation = await this.#ofJob('unknown', id, () =>
      requestCancel(this.#connection, this.#sql.cancel, this.#time, id, reason),
    )
    if (cancellation === 'cancelled') this.#tell('rested')
    if (cancellation === 'requested') this.#tell('cancel_requested')
    return cancellation
  }

  changePosition(): Promise<string> {
    return this.#run(() => changePosition(this.#connection, this.#sql.journal))
  }

  changesAfter(position: string, limit: number): Promise<port.JobChanges | null> {
    return this.#run(() => changesAfter(this.#connection, this.#sql.journal, position, limit))
  }

  migrate(): Promise<void> {
    return this.#run(() => migrate(this.#connection, this.#time.local(0), this.#migrations))
  }

  ping(): Promise<void> {
    return this.#run(() => ping(this.#connection))
  }

  subscribe(listener: (change: port.StoreChange) => void): () => void {
    if (this.#connection.isClosed) return () => {}
    const remove = this.#listeners.add(listener)
    this.#foreignChanges.watch()
    return () => {
      remove()
      if (this.#listeners.size === 0) this.#foreignChanges.stop()
    }
  }

  async close(): Promise<void> {
    this.#foreignChanges.stop()
    this.#listeners.clear()
    if (!this.#connection.isClosed) await Promise.all([this.#notifier.flush(), this.#claims.open.close()])
    await this.#connection.close()
  }

  #tell(change: port.StoreChange): void {
    this.#listeners.tell(change)
    this.#notifier.tell(change)
  }

  /** Nothing is known of what cannot be an id. */
  #ofJob<Result>(absent: NoInfer<Result>, id: string, work: () => Promise<Result>): Promise<Result> {
    return this.#run(() => (ID.test(id) ? work() : Promise.resolve(absent)))
  }

  #run<Result>(work: () => Promise<Result>): Promise<Result> {
    return explained(this.#connection, work)
  }
}

function emptyPage<T>(): port.Page<T> {
  return { entries: [], nextCursor: null }
}
