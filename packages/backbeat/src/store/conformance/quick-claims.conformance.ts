import type { ClaimedJob, Store } from '../store.ts'
import { changesTo, LEASE_MS, newJob } from './fixtures.conformance.ts'

/** Enough for one claim to be a record. */
export const MANY = 30

export async function claimQuick(store: Store, limit = MANY): Promise<ClaimedJob[]> {
  return (await store.claim({ worker: 'w', limit, queues: null, leaseMs: LEASE_MS, areQuick: true })).jobs
}

/** Stores as many as one claim takes, and claims them. */
export async function startMany(store: Store): Promise<ClaimedJob[]> {
  await store.insert(Array.from({ length: MANY }, () => newJob()))
  return claimQuick(store)
}

export function complete(store: Store, jobs: readonly ClaimedJob[]) {
  const changes = changesTo({ status: 'completed' })
  return store.settle(jobs.map((lease) => ({ lease, knewOfCancel: false, changes })))
}
