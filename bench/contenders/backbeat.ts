import type { JobFilter } from 'backbeat'
import { now } from '../clock.ts'
import type { Handle, Session, Tuning } from '../contender.ts'
import { backbeatDatabase } from './backbeat-database.ts'
import { inBulk, times } from './bulk.ts'

export const BULK = { size: 5000, inFlight: 2 }
export const CONCURRENCY = 500
/** Threads and processes: this many of them, and so many jobs at a time in each. */
export const EXECUTORS = 2
export const LEDGER_BATCH = 1000

const UNSETTLED = ['pending', 'running', 'retrying'] as const
/** Of so many finished jobs, one failed, and a few are of another task. */
const OUT_OF = 50
const HOUR_MS = 3_600_000

/** What is measured of nobody else. */
export interface BackbeatSession extends Session {
  /** How long each of so many reads took, in milliseconds; stops early after `limitMs`. */
  read(what: ReadName, samples: number, limitMs: number): Promise<number[]>
  /** Runs one job of so many items; answers how long it took from enqueueing to its outcome, in milliseconds. */
  runLedger(items: number): Promise<number>
}

export type ReadName =
  | 'first page'
  | 'second page'
  | 'failed only'
  | 'one task'
  | 'search, common word'
  | 'search, rare word'
  | 'search, word of errors'
  | 'search, no hit'
  | 'search, middle of an id'
  | 'failed of one task'
  | 'tasks by a pattern'
  | 'tag that nobody has'
  | 'queue that nobody has'
  | 'half a day ago'
  | 'page 200'
  | 'queues'
  | 'stats'

export async function connectBackbeat(
  url: string,
  handle: Handle,
  pool: 'inline' | 'threads' | 'processes',
  { concurrency = CONCURRENCY }: Tuning,
): Promise<BackbeatSession> {
  process.env.BENCH_STORE = url
  const { backbeat, handleWith, job, ledger, report } = await import('./backbeat-app.ts')
  handleWith(handle)
  await backbeat.open()
  const database = backbeatDatabase(url)

  const isSettled = async () => {
    const client = await backbeat.open()
    const { entries } = await client.list({ status: UNSETTLED }, { limit: 1 })
    return entries.length === 0
  }

  const startWorker = () =>
    backbeat.startWorker({
      pool,
      concurrency,
      ...(pool !== 'inline' && { jobsPerExecutor: Math.ceil(concurrency / EXECUTORS) }),
    })

  const reads: Record<ReadName, () => Promise<unknown>> = {
    'first page': () => list({}),
    'second page': async () => list({}, await cursor()),
    'failed only': () => list({ status: ['failed'] }),
    'one task': () => list({ taskType: 'bench.report' }),
    'search, common word': () => list({ q: 'report' }),
    'search, rare word': () => list({ q: 'warehouse' }),
    'search, word of errors': () => list({ q: 'warehouse', status: ['failed'], taskType: 'bench.report' }),
    'search, no hit': () => list({ q: 'zebra crossing' }),
    'search, middle of an id': () => list({ q: 'c0ffeec0ffee' }),
    'failed of one task': () => list({ taskType: 'bench.report', status: ['failed'] }),
    'tasks by a pattern': () => list({ taskType: 'bench.rep*' }),
    'tag that nobody has': () => list({ tag: 'customer=77123' }),
    'queue that nobody has': () => list({ queue: 'nobody' }),
    'half a day ago': () => list({ from: Date.now() - 13 * HOUR_MS, to: Date.now() - 12 * HOUR_MS }),
    'page 200': async () => (await backbeat.open()).page({}, 200, 50),
    queues: async () => (await backbeat.open()).queues(),
    stats: async () => (await backbeat.open()).insights.overview(),
  }
  const list = async (filter: JobFilter, after?: string) => {
    const client = await backbeat.open()
    return client.list(filter, { limit: 50, ...(after !== undefined && { cursor: after }) })
  }
  let firstCursor: Promise<string> | undefined
  const cursor = () => {
    firstCursor ??= list({}).then(({ nextCursor }) => nextCursor ?? '')
    return firstCursor
  }

  return {
    async clear() {
      await backbeat.close()
      await database.clear()
      await backbeat.open()
    },
    settleDown: () => database.settleDown(),
    async addHistory(count) {
      const jobs = [
        await backbeat.enqueue(job, { at: 0 }),
        await backbeat.enqueue(report, { fails: false }),
        await backbeat.enqueue(report, { fails: true }),
      ]
      await backbeat.startWorker({ pool: 'inline' })
      await Promise.all(jobs.map((each) => each.outcome()))
      await backbeat.close()
      const [plain = '', other = '', failed = ''] = jobs.map(({ id }) => id)
      const ids = [...times(OUT_OF - 5, plain), ...times(4, other), failed]
      await database.multiply(ids, Math.max(0, count - jobs.length))
    },
    enqueueBulk: (count, at = 0) => inBulk(count, BULK, (taken) => backbeat.enqueueMany(job, times(taken, { at }))),
    enqueueOne: async (at) => void (await backbeat.enqueue(job, { at })),
    getReady: async () => void (await backbeat.open()),
    startWorker,
    // Closes the store too; it opens again when it is needed.
    stopWorker: () => backbeat.close(),
    isSettled,
    countFinished: () => database.countFinished(),
    async close() {
      await backbeat.close()
      await database.close()
    },

    async read(what, samples, limitMs) {
      await reads[what]()
      const taken: number[] = []
      const giveUpAt = now() + limitMs
      while (taken.length < samples && (now() < giveUpAt || taken.length === 0)) {
        const began = now()
        await reads[what]()
        taken.push(now() - began)
      }
      return taken
    },
    async runLedger(items) {
      const began = now()
      const handle = await backbeat.enqueue(ledger, { items, batch: LEDGER_BATCH })
      const { status, items: counts } = await handle.outcome()
      if (status !== 'completed' || counts.successful !== items) {
        throw new Error(`The job of ${items} items ended as ${status}, with ${counts.successful} items done.`)
      }
      return now() - began
    },
  }
}
