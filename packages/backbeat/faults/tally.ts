import type { Fault } from './fault.ts'
import type { Ground } from './ground.ts'
import { type Row, slowest } from './report.ts'
import type { Trial } from './trial.ts'

/** Keeps count of faults that are injected in turns. */
export class Tally {
  readonly #rows: Map<string, Row>
  readonly #faults: readonly Fault[]
  readonly #injections: { fault: string; at: number }[] = []

  constructor(faults: readonly Fault[]) {
    this.#faults = faults
    this.#rows = new Map(
      faults.map(({ name }) => [
        name,
        { fault: name, injected: 0, inFlight: 0, lost: 0, doubled: 0, slowestRecoveryMs: null },
      ]),
    )
  }

  async inject(fault: Fault, ground: Ground): Promise<void> {
    const inFlight = await ground.running()
    this.#injections.push({ fault: fault.name, at: Date.now() })
    this.#add(fault.name, { injected: 1, inFlight })
    await fault.inject(ground)
  }

  /** All faults together. */
  get total(): Pick<Row, 'injected' | 'inFlight'> {
    const rows = [...this.#rows.values()]
    return {
      injected: rows.reduce((sum, { injected }) => sum + injected, 0),
      inFlight: rows.reduce((sum, { inFlight }) => sum + inFlight, 0),
    }
  }

  /** A row for each fault. What was lost or doubled is put down to the fault that came last before. */
  async rows({ audit, outages }: Trial, { store }: Ground): Promise<Row[]> {
    for (const id of audit.lost) this.#add(this.#lastBefore(await lastSign(store, id)), { lost: 1 })
    for (const id of audit.doubled) this.#add(this.#lastBefore(await lastSign(store, id)), { doubled: 1 })
    for (const { name, harm } of this.#faults) {
      const row = this.#rows.get(name)
      if (!row) continue
      const times = [
        ...audit.recoveries.filter(({ cause }) => cause === harm).map(({ ms }) => ms),
        ...outages.filter(({ fault }) => fault === name).map(({ ms }) => ms),
      ]
      row.slowestRecoveryMs = slowest(times)
    }
    return [...this.#rows.values()]
  }

  #lastBefore(at: number): string | undefined {
    return this.#injections.findLast((injection) => injection.at <= at)?.fault
  }

  #add(fault: string | undefined, more: Partial<Record<'injected' | 'inFlight' | 'lost' | 'doubled', number>>): void {
    const row = this.#rows.get(fault ?? '')
    if (!row) return
    for (const [column, count] of Object.entries(more)) row[column as keyof typeof more] += count
  }
}

/** When a job last moved; now, where it still does or is not there. */
async function lastSign(store: Ground['store'], id: string): Promise<number> {
  return (await store.get(id))?.completedAt ?? Date.now()
}
