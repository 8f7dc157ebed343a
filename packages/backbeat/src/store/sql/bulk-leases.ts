import type { Lease } from '../../job/assignment.ts'
import type { Settlement } from '../store.ts'

/** Fewer jobs than this are not claimed in bulk: a record and a row cost about the same. */
export const MIN_BULK = 20

/** A record of a claim that this process made. */
export interface BulkClaim {
  readonly id: number
  /** How many of its jobs have not been settled. */
  left: number
}

const CLAIM = Symbol('bulk claim')
const ROW = Symbol('row')

interface BulkLease extends Lease {
  [CLAIM]?: BulkClaim | undefined
  [ROW]?: number
}

/**
 * Notes at the lease itself by which claim it is held: it comes back with the outcome. And that the claim has one
 * more.
 *
 * @param row of the job, where the store finds it by that
 */
export function holdBy(lease: Lease, claim: BulkClaim, row?: number): void {
  const held: BulkLease = lease
  held[CLAIM] = claim
  if (row !== undefined) held[ROW] = row
  claim.left += 1
}

/** The claim by which a lease is held, as far as this process knows. */
export function claimOf(lease: Lease): BulkClaim | undefined {
  return (lease as BulkLease)[CLAIM]
}

export function rowOf(lease: Lease): number | undefined {
  return (lease as BulkLease)[ROW]
}

/** Notes which leases are over. Returns the claims of which none is left, whose records may go. */
export function finishedClaims(settlements: readonly Settlement[]): number[] {
  const finished: number[] = []
  for (const { lease } of settlements) {
    const claim = claimOf(lease)
    if (!claim) continue
    const held: BulkLease = lease
    held[CLAIM] = undefined
    claim.left -= 1
    if (claim.left === 0) finished.push(claim.id)
  }
  return finished
}
