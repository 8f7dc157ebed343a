import { randomUUIDv7 } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Handle, Payload, Session } from '../contender.ts'
import { inBulk, times } from './bulk.ts'

const BULK = { size: 5000, inFlight: 1 }
const BATCH = 1000
/** How often a worker without work looks for what another process has stored, in milliseconds. */
const LOOK_EVERY_MS = 5

/** A job waits (0), runs (1) or is done (2). Only what waits is in an index besides that of ids. */
const TABLE = `
  CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, state INTEGER NOT NULL DEFAULT 0, payload TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs (id) WHERE state = 0`
const CLAIM = `
  UPDATE jobs SET state = 1 WHERE rowid IN (SELECT rowid FROM jobs WHERE state = 0 ORDER BY id LIMIT ${BATCH})
  RETURNING id, payload`

/** What nobody can leave out who keeps jobs in a table of SQLite, and nothing else; in one thread, as Backbeat does. */
export async function connectSqliteFloor(url: string, handle: Handle): Promise<Session> {
  const database = new DatabaseSync(url.slice('sqlite:'.length), { timeout: 5000 })
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = normal; ${TABLE}`)
  const insertMany = database.prepare(
    `INSERT INTO jobs (id, payload) SELECT value ->> 0, value ->> 1 FROM json_each(?)`,
  )
  const insertOne = database.prepare('INSERT INTO jobs (id, state, payload) VALUES (?, ?, ?)')
  const claim = database.prepare(CLAIM)
  claim.setReturnArrays(true)
  const settle = database.prepare('UPDATE jobs SET state = 2 WHERE id IN (SELECT value FROM json_each(?))')
  const countDone = database.prepare('SELECT count(*) AS count FROM jobs WHERE state = 2')
  const someUnsettled = database.prepare('SELECT 1 FROM jobs WHERE state IN (0, 1) LIMIT 1')

  let working: Promise<void> | undefined
  let looking: NodeJS.Timeout | undefined
  let handedOver: string[] = []

  const settleHandedOver = () => {
    settle.run(JSON.stringify(handedOver))
    handedOver = []
  }
  const drain = async () => {
    for (;;) {
      const rows = claim.all() as unknown as [id: string, payload: string][]
      if (rows.length === 0) return
      for (const [, payload] of rows) handle(JSON.parse(payload) as Payload)
      settle.run(JSON.stringify(rows.map(([id]) => id)))
      await nextTurn()
    }
  }
  const look = () => {
    working ??= drain().finally(() => {
      working = undefined
    })
  }

  return {
    clear: async () => database.exec('DELETE FROM jobs'),
    settleDown: async () => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'),
    addHistory: async () => undefined,
    enqueueBulk: (count, at = 0) =>
      inBulk(count, BULK, async (taken) => {
        insertMany.run(JSON.stringify(times(taken, JSON.stringify({ at })).map((payload) => [randomUUIDv7(), payload])))
      }),
    async enqueueOne(at) {
      const id = randomUUIDv7()
      const isOurs = looking !== undefined
      insertOne.run(id, isOurs ? 1 : 0, JSON.stringify({ at }))
      if (!isOurs) return
      handle({ at })
      if (handedOver.push(id) === 1) setImmediate(settleHandedOver)
    },
    getReady: async () => undefined,
    async startWorker() {
      look()
      looking = setInterval(look, LOOK_EVERY_MS)
    },
    async stopWorker() {
      clearInterval(looking)
      looking = undefined
      await working
    },
    isSettled: async () => someUnsettled.get() === undefined,
    countFinished: async () => Number(countDone.get()?.count),
    close: async () => database.close(),
  }
}
