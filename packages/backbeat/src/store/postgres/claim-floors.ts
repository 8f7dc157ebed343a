import type { OrderedRow } from './claim-rows.ts'

/** Where in a queue's order a claim may begin to look. */
export interface Floor {
  queue: string
  priority: number
  turn: number
  runAt: number
  id: string
}

/** Fewer jobs than this are looked for from the beginning: the cost is small, and the order exact. */
const MIN_LIMIT = 100
/** From the beginning is looked so much less often than it takes. */
const COST_RATIO = 10
/** But at least this often, in milliseconds. */
const MAX_GAP_MS = 1000

interface Known {
  floors: Floor[]
  /** When the next claim is to begin at the beginning. */
  until: number
}

/**
 * How far this process's claims have come. Before the jobs that are next lie those that were claimed:
 * the index keeps an entry of each until the next vacuum, and walking past a hundred thousand of them
 * takes longer than the claim itself. So under load a claim goes on where the last one ended, and
 * begins at the beginning only now and then, for what was stored before that point since.
 */
export class ClaimFloors {
  readonly #known = new Map<string, Known>()
  readonly #now: () => number

  /** @param now milliseconds since any fixed time */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Where to go on; `undefined` for the beginning. */
  find(queues: readonly string[] | null, limit: number): Floor[] | undefined {
    const known = this.#known.get(keyOf(queues))
    if (!known || limit < MIN_LIMIT || this.#now() >= known.until) return undefined
    return known.floors
  }

  /** Notes a claim that began at the beginning, and how long it took, in milliseconds. */
  began(queues: readonly string[] | null, claimed: readonly OrderedRow[], tookMs: number): void {
    const until = this.#now() + Math.min(MAX_GAP_MS, tookMs * COST_RATIO)
    this.#known.set(keyOf(queues), { floors: floorsAfter([], claimed), until })
  }

  /** Notes a claim that went on. */
  wentOn(queues: readonly string[] | null, claimed: readonly OrderedRow[]): void {
    const known = this.#known.get(keyOf(queues))
    if (known) known.floors = floorsAfter(known.floors, claimed)
  }

  /** There was less to claim than was asked for: the next claim begins at the beginning. */
  forget(queues: readonly string[] | null): void {
    this.#known.delete(keyOf(queues))
  }
}

function keyOf(queues: readonly string[] | null): string {
  return JSON.stringify(queues)
}

/** @param claimed in their order within each queue */
function floorsAfter(floors: readonly Floor[], claimed: readonly OrderedRow[]): Floor[] {
  const byQueue = new Map(floors.map((floor) => [floor.queue, floor]))
  for (let at = 0; at < claimed.length; at += 1) {
    const { queue, priority, turn, run_at, id } = claimed[at] as OrderedRow
    if (claimed[at + 1]?.queue !== queue) byQueue.set(queue, { queue, priority, turn, runAt: run_at, id })
  }
  return [...byQueue.values()]
}
