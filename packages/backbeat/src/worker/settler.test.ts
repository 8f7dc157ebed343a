import { expect, onTestFinished, test } from 'vitest'
import { usePostgres } from '../../test/postgres.ts'
import { systemClock } from '../clock.ts'
import { openStore } from '../open-store.ts'
import { LEASE_MS, newJob } from '../store/conformance/fixtures.conformance.ts'
import type { ClaimedJob } from '../store/store.ts'
import { type EndedAttempt, type Settled, Settler } from './settler.ts'

const postgres = usePostgres()

test('many outcomes are written while an earlier write is held up', async () => {
  const url = postgres.storeUrl()
  const store = await openStore(url)
  onTestFinished(() => store.close())
  await store.migrate()
  const settler = new Settler(store, systemClock, (error) => expect.unreachable(String(error)))
  const settle = (job: ClaimedJob) => {
    const ended: EndedAttempt = {
      ...job,
      lease: job,
      failedItems: 0,
      cancelRequested: null,
      outcome: { kind: 'success', result: null, warnings: [] },
      backoff: { firstMs: 0, maxMs: 0, factor: 1, jitter: false },
      notifyOn: [],
    }
    return new Promise<Settled>((settled) => settler.settle(ended, { settled }))
  }

  await store.insert(Array.from({ length: 501 }, () => newJob()))
  const { jobs } = await store.claim({ worker: 'w', limit: 501, queues: null, leaseMs: LEASE_MS })
  const [first, ...others] = jobs as [ClaimedJob, ...ClaimedJob[]]

  const holder = await postgres.connect()
  const table = `"${postgres.schemaOf(url)}".backbeat_jobs`
  await holder.query('BEGIN')
  await holder.query(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE`, [first.jobId])
  let isFirstWritten = false
  const firstSettled = settle(first).then((settled) => {
    isFirstWritten = true
    return settled
  })
  const { rows } = await holder.query('SELECT pg_backend_pid() AS pid')
  const waiting = 'SELECT pid FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))'
  await expect.poll(() => postgres.query(waiting, [rows[0].pid])).toHaveLength(1)
  for (const settled of await Promise.all(others.map(settle))) expect(settled).toMatchObject({ status: 'completed' })
  expect(isFirstWritten).toBe(false)
  await holder.query('COMMIT')
  expect(await firstSettled).toMatchObject({ status: 'completed' })
})
