import { rowsOf, type Steps } from '../sql/steps.ts'
import type { NewJob } from '../store.ts'
import type { SqliteConnection } from './connection.ts'

const TURN = `SELECT turn FROM backbeat_tenants WHERE queue = ? AND tenant = ?`
const SAVE = `
  INSERT INTO backbeat_tenants (queue, tenant, turn) VALUES (?, ?, ?)
  ON CONFLICT (queue, tenant) DO UPDATE SET turn = max(turn, excluded.turn)`

/** The tenant that stands for the queue's own clock: the turn that was claimed last. */
const CLOCK = ''

/**
 * Gives each tenant's jobs their places, so that tenants take turns however many jobs one of them
 * brings: a job's turn is one more than that of the tenant's job before it, but never behind the
 * queue's clock. This is start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996) with jobs
 * of one size.
 */
export class TurnTaker {
  readonly #latest = new Map<string, { queue: string; tenant: string; turn: number }>();

  *next({ queue, tenant }: NewJob): Steps<number> {
    if (tenant === null) return 0
    const id = JSON.stringify([queue, tenant])
    const last = this.#latest.get(id)?.turn ?? (yield* lastTurn(queue, tenant))
    const turn = last + 1
    this.#latest.set(id, { queue, tenant, turn })
    return turn
  }

  *save(): Steps<void> {
    for (const { queue, tenant, turn } of this.#latest.values()) yield* rowsOf(SAVE, queue, tenant, turn)
  }
}

function* lastTurn(queue: string, tenant: string): Steps<number> {
  const [own] = yield* rowsOf(TURN, queue, tenant)
  const [clock] = yield* rowsOf(TURN, queue, CLOCK)
  return Math.max(Number(own?.turn ?? 0), Number(clock?.turn ?? 0) - 1)
}

/** Moves a queue's clock on to the turn that was claimed. */
export function advanceClock(connection: SqliteConnection, queue: string, turn: number): void {
  connection.statement(SAVE).run(queue, CLOCK, turn)
}
