import { randomUUIDv7 } from 'node:crypto'
import pg from 'pg'
import type { Handle, Payload, Session } from '../contender.ts'
import { inBulk, times } from './bulk.ts'
import { FloorWorker } from './floor-worker.ts'
import { settlePostgres } from './postgres.ts'

const BULK = { size: 5000, inFlight: 2 }
/** For two bulks, or for a listener with one job and two batches. */
const CONNECTIONS = 4

/** A job waits (0), runs (1) or is done (2). Only what waits is in an index besides that of ids. */
const TABLE = `
  CREATE TABLE IF NOT EXISTS jobs (id uuid PRIMARY KEY, state smallint NOT NULL DEFAULT 0, payload json NOT NULL);
  CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs (id) WHERE state = 0`
const INSERT_MANY = 'INSERT INTO jobs (id, payload) SELECT * FROM unnest($1::uuid[], $2::json[])'
const INSERT_AND_TELL = `
  WITH stored AS (INSERT INTO jobs (id, payload) VALUES ($1::uuid, $2::json))
  SELECT pg_notify('jobs', $1::text)`
const INSERT_CLAIMED = 'INSERT INTO jobs (id, state, payload) VALUES ($1, 1, $2)'
const IS_UNSETTLED =
  'SELECT EXISTS (SELECT FROM jobs WHERE state = 0) OR EXISTS (SELECT FROM jobs WHERE state = 1) AS some'

/** What nobody can leave out who keeps jobs in a table of Postgres, and nothing else. */
export async function connectPostgresFloor(url: string, handle: Handle): Promise<Session> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  await pool.query(TABLE)
  const worker = new FloorWorker(pool, handle)

  const insertMany = (payloads: readonly Payload[]) => {
    const ids = payloads.map(() => randomUUIDv7())
    const values = [ids, payloads.map((payload) => JSON.stringify(payload))]
    return pool.query({ name: 'insert many', text: INSERT_MANY, values })
  }

  // What comes while a commit is under way shares the next one.
  let lastCommit: Promise<unknown> = Promise.resolve()
  let next: { payloads: Payload[]; commit: Promise<unknown> } | undefined
  const insertTogether = async (payload: Payload) => {
    if (!next) {
      const payloads: Payload[] = []
      lastCommit = lastCommit.then(() => {
        next = undefined
        return insertMany(payloads)
      })
      next = { payloads, commit: lastCommit }
    }
    next.payloads.push(payload)
    await next.commit
  }

  return {
    clear: async () => void (await pool.query('TRUNCATE jobs')),
    settleDown: () => settlePostgres(pool),
    addHistory: async () => undefined,
    enqueueBulk: (count, at = 0) => inBulk(count, BULK, (taken) => insertMany(times(taken, { at }))),
    async enqueueOne(at) {
      const payload = { at }
      // A job that nobody times has no worker that waits for it.
      if (at === 0) return insertTogether(payload)
      const id = randomUUIDv7()
      const values = [id, JSON.stringify(payload)]
      if (worker.isStarted) {
        await pool.query({ name: 'insert claimed', text: INSERT_CLAIMED, values })
        worker.start([{ id, payload }])
      } else {
        await pool.query({ name: 'insert and tell', text: INSERT_AND_TELL, values })
      }
    },
    getReady: async () => undefined,
    startWorker: () => worker.begin(),
    stopWorker: () => worker.stop(),
    async isSettled() {
      const { rows } = await pool.query(IS_UNSETTLED)
      return rows[0].some === false
    },
    async countFinished() {
      const { rows } = await pool.query('SELECT count(*) AS count FROM jobs WHERE state = 2')
      return Number(rows[0].count)
    },
    async close() {
      await worker.stop()
      await pool.end()
    },
  }
}
