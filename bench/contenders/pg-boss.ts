import pg from 'pg'
import { PgBoss } from 'pg-boss'
import type { Handle, Payload, Session } from '../contender.ts'
import { spreadOverDay } from '../history/history.ts'
import { multiplyRows } from '../history/postgres-rows.ts'
import { waitUntilSettled } from '../history/templates.ts'
import { inBulk, times } from './bulk.ts'
import { settlePostgres } from './postgres.ts'

export const BULK = { size: 5000, inFlight: 2 }
export const BATCH_SIZE = 2000
export const SINGLE_CONCURRENCY = 24

const QUEUE = 'bench_job'
const WAITING = `('created', 'retry', 'active')`

/** @param mode one call of the handler for a batch of jobs, or for each job */
export async function connectPgBoss(url: string, handle: Handle, mode: 'batch' | 'single'): Promise<Session> {
  const boss = new PgBoss({
    connectionString: url,
    useListenNotify: true,
    // How soon a worker that takes single jobs learns that there are many.
    ...(mode === 'single' && {
      superviseIntervalSeconds: 1,
      monitorIntervalSeconds: 1,
      queueCacheIntervalSeconds: 1,
    }),
  })
  boss.on('error', (error) => console.error('pg-boss:', error.message))
  await boss.start()
  if (!(await boss.getQueue(QUEUE))) await boss.createQueue(QUEUE, { partition: true, notify: true })
  const table = `pgboss.${(await boss.getQueue(QUEUE))?.table}`
  const pool = new pg.Pool({ connectionString: url, max: 2 })

  const batch = { batchSize: BATCH_SIZE, burstWhenBatchFull: true }
  const single = {
    batchSize: 1,
    localConcurrency: SINGLE_CONCURRENCY,
    burstWhenReadyExceeds: 1,
    notifyPollingIntervalSeconds: 0.5,
    pollingIntervalSeconds: 0.5,
  }

  const session: Session = {
    clear: async () => void (await pool.query(`TRUNCATE ${table} CASCADE`)),
    settleDown: () => settlePostgres(pool),
    async addHistory(count) {
      await session.enqueueOne(0)
      await session.startWorker()
      await waitUntilSettled(session)
      await session.stopWorker()
      const { rows } = await pool.query(
        `SELECT id FROM ${table} WHERE state = 'completed' ORDER BY created_on DESC LIMIT 1`,
      )
      const { first, step } = spreadOverDay(count)
      const at = `to_timestamp((${first} + g * ${step}) / 1000.0)`
      await multiplyRows(pool, {
        table,
        ids: [rows[0].id],
        count,
        column: ({ name, type }) => {
          if (name === 'id') return 'gen_random_uuid()'
          if (type === 'timestamp with time zone') return `t.${name} - t.created_on + ${at}`
          return undefined
        },
      })
    },
    enqueueBulk: (count, at = 0) => inBulk(count, BULK, (taken) => boss.insert(QUEUE, times(taken, { data: { at } }))),
    enqueueOne: async (at) => void (await boss.send(QUEUE, { at })),
    getReady: async () => undefined,
    async startWorker() {
      await boss.work<Payload>(QUEUE, mode === 'batch' ? batch : single, async (jobs) => {
        for (const { data } of jobs) handle(data)
      })
    },
    stopWorker: async () => boss.offWork(QUEUE, { wait: true }),
    async isSettled() {
      const { rows } = await pool.query(`SELECT EXISTS (SELECT FROM ${table} WHERE state IN ${WAITING}) AS some`)
      return rows[0].some === false
    },
    async countFinished() {
      const { rows } = await pool.query(`SELECT count(*) AS count FROM ${table} WHERE state = 'completed'`)
      return Number(rows[0].count)
    },
    async close() {
      await boss.stop({ graceful: false })
      await pool.end()
    },
  }
  return session
}
