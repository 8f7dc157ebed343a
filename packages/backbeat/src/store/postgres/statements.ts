import type { Clock } from '../../clock.ts'

/** The tables by their full names: no session's search path is relied on. */
export interface TableNames {
  jobs: string
  attempts: string
  items: string
  logLines: string
  slots: string
  rates: string
  queues: string
  tenants: string
  uniquePeriods: string
  changes: string
  changeMarks: string
  notifications: string
  workers: string
  claims: string
  /** A function: see `bulk-claims.ts`. */
  claimed: string
}

export function tableNames(schema: string): TableNames {
  return {
    jobs: `"${schema}".backbeat_jobs`,
    attempts: `"${schema}".backbeat_attempts`,
    items: `"${schema}".backbeat_items`,
    logLines: `"${schema}".backbeat_log_lines`,
    slots: `"${schema}".backbeat_slots`,
    rates: `"${schema}".backbeat_rates`,
    queues: `"${schema}".backbeat_queues`,
    tenants: `"${schema}".backbeat_tenants`,
    uniquePeriods: `"${schema}".backbeat_unique_periods`,
    changes: `"${schema}".backbeat_changes`,
    changeMarks: `"${schema}".backbeat_change_marks`,
    notifications: `"${schema}".backbeat_notifications`,
    workers: `"${schema}".backbeat_workers`,
    claims: `"${schema}".backbeat_claims`,
    claimed: `"${schema}".backbeat_claimed`,
  }
}

/**
 * The time, in milliseconds since 1970: `$1` of every statement where a clock was injected, and the
 * database's where `$1` is null, so that machines whose clocks differ agree. It is the time at which
 * the statement began. A query of its own, so that it is worked out once and not for each row: the
 * arithmetic of it took a quarter of what claiming a job took.
 */
export const NOW = nowOr('$1')

export function nowOr(parameter: string): string {
  return `(SELECT coalesce(${parameter}::bigint, (extract(epoch FROM statement_timestamp()) * 1000)::bigint))`
}

/** Joins the condition that a lease is current. `job` and `lease` are the aliases of the two. */
export function heldBy(job: string, lease: string, more = ''): string {
  // CASE hides what is compared from the planner. Left to itself it expects next to nothing to be
  // running, and then walks every row that ever ran, or compares every lease with every row.
  return `${job}.id = ${lease}.id AND
    CASE WHEN ${job}.status = 'running' AND ${job}.delivery = ${lease}.delivery ${more} THEN true ELSE false END`
}

/** The time for a store's statements, and how the times of this process relate to it. */
export class StoreTime {
  readonly #clock: Clock
  readonly #injected: boolean

  constructor(clock: Clock, injected: boolean) {
    this.#clock = clock
    this.#injected = injected
  }

  /** What `$1` is: see {@link NOW}. */
  get parameter(): number | null {
    return this.#injected ? this.#clock.now() : null
  }

  /** The time of this process's clock that lies so far in the future. */
  local(fromNow: number): number {
    return this.#clock.now() + fromNow
  }
}
