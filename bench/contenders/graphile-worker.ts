import { Logger, makeWorkerUtils, type Runner, run } from 'graphile-worker'
import pg from 'pg'
import type { Handle, Payload, Session } from '../contender.ts'
import { inBulk, times } from './bulk.ts'
import { settlePostgres } from './postgres.ts'

export const BULK = { size: 5000, inFlight: 2 }
export const WORKER = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
}

const TASK = 'bench_job'
const JOBS = 'graphile_worker._private_jobs'

/** Says nothing: by itself it prints two lines for each job. */
const silent = new Logger(() => () => undefined)

export async function connectGraphileWorker(url: string, handle: Handle): Promise<Session> {
  const pool = new pg.Pool({ connectionString: url, max: WORKER.maxPoolSize })
  pool.on('error', (error) => console.error('graphile-worker:', error.message))
  // Asked for by the library, and nothing to be told of.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const utils = await makeWorkerUtils({ pgPool: pool, logger: silent })
  await utils.migrate()
  let runner: Runner | undefined
  return {
    clear: async () => void (await pool.query(`TRUNCATE ${JOBS}, graphile_worker._private_job_queues`)),
    settleDown: () => settlePostgres(pool),
    addHistory: async () => undefined,
    enqueueBulk: (count, at = 0) =>
      inBulk(count, BULK, (taken) => utils.addJobs(times(taken, { identifier: TASK, payload: { at } }))),
    enqueueOne: async (at) => void (await utils.addJob(TASK, { at })),
    getReady: async () => undefined,
    async startWorker() {
      runner = await run({
        pgPool: pool,
        logger: silent,
        noHandleSignals: true,
        taskList: { [TASK]: (payload) => handle(payload as Payload) },
        preset: { worker: WORKER },
      })
    },
    async stopWorker() {
      await runner?.stop()
      runner = undefined
    },
    async isSettled() {
      const { rows } = await pool.query(`SELECT EXISTS (SELECT FROM ${JOBS}) AS some`)
      return rows[0].some === false
    },
    countFinished: async () => null,
    async close() {
      await runner?.stop()
      await utils.release()
      await pool.end()
    },
  }
}
