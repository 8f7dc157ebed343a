import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Lease } from '../job/assignment.ts'
import { openStore } from '../open-store.ts'
import { changesTo, leaseOf, newJob } from '../store/conformance/fixtures.conformance.ts'
import type { ClaimedJob, Store } from '../store/store.ts'
import type { HeldLease } from './heartbeat.ts'
import { ThreadHeartbeat } from './thread-heartbeat.ts'

const ENTRY = new URL('../entry/heartbeat.ts', import.meta.url)
const LEASE_MS = 60_000
const WORKER = 'host:1:abc'
const PATIENCE = { timeout: 10_000 }

async function openTemporary(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const store = await openStore(`sqlite:${join(folder, 'jobs.db')}`)
  onTestFinished(() => store.close())
  await store.migrate()
  return store
}

async function startHeartbeat({ url }: Store): Promise<ThreadHeartbeat> {
  const heartbeat = new ThreadHeartbeat(
    ENTRY,
    {
      shared: null,
      storeUrl: url,
      leaseMs: LEASE_MS,
      intervalMs: LEASE_MS,
      worker: { name: WORKER, host: 'host', pid: 1, version: '1.2.3', queues: null, pool: 'inline', leaseMs: LEASE_MS },
      status: { state: 'running', slots: 10 },
    },
    () => {},
    () => {},
  )
  await heartbeat.start()
  onTestFinished(() => heartbeat.stop())
  return heartbeat
}

/** A claimed job that notes what its holder is told. */
class Claimed implements HeldLease {
  readonly lease: Lease
  readonly until = null
  isLost = false
  cancelReason: string | null = null

  constructor(lease: Lease) {
    this.lease = lease
  }

  cancelRequested(reason: string): void {
    this.cancelReason = reason
  }

  leaseLost(): void {
    this.isLost = true
  }
}

async function claimNext(store: Store): Promise<Claimed> {
  const { jobs } = await store.claim({ worker: WORKER, limit: 1, queues: null, leaseMs: LEASE_MS })
  return new Claimed(leaseOf(jobs[0] as ClaimedJob))
}

/** Ends the attempt behind the back of whoever holds its lease. */
async function release(store: Store, { lease }: HeldLease): Promise<void> {
  const changes = changesTo({ status: 'pending' })
  await store.settle([{ lease, knewOfCancel: false, changes }])
}

/** How many leases the heartbeat's thread sees, as it reports them. */
async function leasesSeen(store: Store, heartbeat: ThreadHeartbeat): Promise<number | undefined> {
  heartbeat.report({ state: 'running', slots: 10 })
  return (await store.workers())[0]?.running
}

test('a job that is held again under a new lease has lost the one before, which is renewed no more', async () => {
  const store = await openTemporary()
  const heartbeat = await startHeartbeat(store)
  await store.insert([newJob()])
  const first = await claimNext(store)
  heartbeat.hold([first])
  await expect.poll(() => leasesSeen(store, heartbeat), PATIENCE).toBe(1)
  await release(store, first)
  const second = await claimNext(store)
  await store.insert([newJob()])
  const other = await claimNext(store)
  heartbeat.hold([second, other])
  await expect.poll(() => leasesSeen(store, heartbeat), PATIENCE).toBe(2)
  expect([first.isLost, second.isLost]).toEqual([true, false])

  heartbeat.drop(first.lease)
  expect(heartbeat.held()).toEqual([second.lease, other.lease])
  heartbeat.drop(second.lease)
  await expect.poll(() => leasesSeen(store, heartbeat), PATIENCE).toBe(1)
})

test('a lease that another worker holds by now is given up, and its holder is told once', async () => {
  const store = await openTemporary()
  const heartbeat = await startHeartbeat(store)
  await store.insert([newJob()])
  const claimed = await claimNext(store)
  heartbeat.hold([claimed])
  await release(store, claimed)
  heartbeat.beat()
  await expect.poll(() => claimed.isLost, PATIENCE).toBe(true)
  expect(heartbeat.held()).toEqual([])
  await expect.poll(() => leasesSeen(store, heartbeat), PATIENCE).toBe(0)
})

test('a cancellation reaches the holder of the lease', async () => {
  const store = await openTemporary()
  const heartbeat = await startHeartbeat(store)
  await store.insert([newJob()])
  const claimed = await claimNext(store)
  heartbeat.hold([claimed])
  await store.requestCancel(claimed.lease.jobId, 'enough')
  heartbeat.beat()
  await expect.poll(() => claimed.cancelReason, PATIENCE).toBe('enough')
})
