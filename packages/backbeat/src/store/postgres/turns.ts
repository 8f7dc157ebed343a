import type { NewJob } from '../store.ts'
import type { Session } from './connection.ts'
import type { TableNames } from './statements.ts'

/**
 * A job's turn is one more than that of the tenant's job before it, but never behind the queue's
 * clock, which the tenant '' stands for: the turn that was claimed last.
 */
function reserveSql({ tenants }: TableNames): string {
  const clock = (queue: string) =>
    `greatest(0, coalesce((SELECT clock.turn FROM ${tenants} AS clock WHERE clock.queue = ${queue} AND clock.tenant = ''), 0) - 1)`
  return `
    INSERT INTO ${tenants} AS latest (queue, tenant, turn)
    SELECT queue, tenant, ${clock('asked.queue')} + asked.jobs
    FROM json_to_recordset($1::text::json) AS asked (queue text, tenant text, jobs bigint)
    ORDER BY queue COLLATE "C", tenant COLLATE "C"
    ON CONFLICT (queue, tenant) DO UPDATE
      SET turn = greatest(latest.turn, ${clock('excluded.queue')}) + excluded.turn - ${clock('excluded.queue')}
    RETURNING queue, tenant, turn`
}

interface Asked {
  queue: string
  tenant: string
  jobs: number
}

/** Gives each tenant's jobs their places, so that tenants take turns however many jobs one of them brings. */
export class TurnReserver {
  readonly #session: Session
  readonly #sql: string

  /**
   * @param session where each statement is a transaction of its own: a turn is like a number of a
   *   sequence, gone even where its job is not stored. Held to the end of a long transaction, it
   *   would keep everyone else from storing jobs of that tenant.
   */
  constructor(session: Session, tables: TableNames) {
    this.#session = session
    this.#sql = reserveSql(tables)
  }

  /** The turn of each job that has a tenant, by its id. */
  async reserve(jobs: readonly NewJob[]): Promise<Map<string, number>> {
    const asked = new Map<string, Asked>()
    for (const { queue, tenant } of jobs) {
      if (tenant === null) continue
      const so = asked.get(idOf(queue, tenant)) ?? { queue, tenant, jobs: 0 }
      asked.set(idOf(queue, tenant), { ...so, jobs: so.jobs + 1 })
    }
    if (asked.size === 0) return new Map()
    const { rows } = await this.#session.run<{ queue: string; tenant: string; turn: number }>(this.#sql, [
      JSON.stringify([...asked.values()]),
    ])
    const next = new Map<string, number>()
    for (const { queue, tenant, turn } of rows) {
      const id = idOf(queue, tenant)
      next.set(id, turn - (asked.get(id)?.jobs ?? 0) + 1)
    }
    const turns = new Map<string, number>()
    for (const { id, queue, tenant } of jobs) {
      if (tenant === null) continue
      const turn = next.get(idOf(queue, tenant)) ?? 0
      turns.set(id, turn)
      next.set(idOf(queue, tenant), turn + 1)
    }
    return turns
  }
}

function idOf(queue: string, tenant: string): string {
  return JSON.stringify([queue, tenant])
}
