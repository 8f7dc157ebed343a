import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { usePostgres } from '../../../test/postgres.ts'
import { newJob } from '../conformance/fixtures.conformance.ts'
import type { NewJob, Store } from '../store.ts'
import { openPostgresStore } from './open.ts'

const postgres = usePostgres()

const KEYS = Array.from({ length: 300 }, (_, index) => `key ${index}`)
const CALLS = 12
const ROUNDS = 3

/** A database whose deadlocks are this test's own. */
async function openDatabase() {
  const name = `backbeat_bulks_${crypto.randomUUID().replaceAll('-', '')}`
  await postgres.query(`CREATE DATABASE ${name}`)
  const url = new URL(postgres.storeUrl())
  url.search = ''
  url.pathname = `/${name}`
  const store = await openPostgresStore(`${url.href}?pool=6&listen=false`)
  await store.migrate()
  onTestFinished(async () => {
    await store.close()
    await postgres.query(`DROP DATABASE ${name} WITH (FORCE)`)
  })
  return {
    store,
    connectionString: url.href,
    /** Counted when a session ends, so all of them must have. */
    async deadlocks() {
      await store.close()
      const sessions = () => postgres.query('SELECT 1 FROM pg_stat_activity WHERE datname = $1', [name])
      await expect.poll(async () => (await sessions()).length, { timeout: 10_000 }).toBe(0)
      const [row] = await postgres.query('SELECT deadlocks FROM pg_stat_database WHERE datname = $1', [name])
      return Number(row?.deadlocks)
    },
  }
}

/** A bulk of two thirds of the keys, in an order of its own. */
function bulkOf(overrides: Partial<NewJob>): NewJob[] {
  const shuffled = KEYS.map((key) => ({ key, place: Math.random() })).toSorted((a, b) => a.place - b.place)
  return shuffled.slice(0, 200).map(({ key }) => newJob({ uniqueKey: key, ...overrides }))
}

async function insertLent(store: Store, connectionString: string, jobs: readonly NewJob[]) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query('BEGIN')
    const insertions = await store.insert(jobs, client)
    await client.query('COMMIT')
    return insertions
  } finally {
    await client.end()
  }
}

describe('bulks of the same unique keys, each in an order of its own', () => {
  test.each([
    ['plain', {}],
    ['held for a period', { uniquePeriodMs: 60_000 }],
    ['taken over', { replacesWaiting: true }],
    ['taken over and held for a period', { uniquePeriodMs: 60_000, replacesWaiting: true }],
  ])(
    'that are %s wait for each other and never deadlock, in our transactions and in lent ones',
    async (_, unique) => {
      const { store, connectionString, deadlocks } = await openDatabase()
      // From the second round on, the keys are taken by jobs that wait.
      for (let round = 0; round < ROUNDS; round += 1) {
        await Promise.all(
          Array.from({ length: CALLS }, async (_, call) => {
            const jobs = bulkOf(unique)
            const insertions = await (call % 2 ? store.insert(jobs) : insertLent(store, connectionString, jobs))
            expect(insertions.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id))
          }),
        )
      }
      const { jobs } = await store.claim({ worker: 'w', limit: 10_000, queues: null, leaseMs: 60_000 })
      expect(jobs.map(({ uniqueKey }) => uniqueKey).toSorted()).toEqual(KEYS.toSorted())
      expect(await deadlocks()).toBe(0)
    },
    60_000,
  )
})
