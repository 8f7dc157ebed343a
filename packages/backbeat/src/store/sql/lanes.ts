/** What the order of jobs of different queues goes by. */
export interface Ranked {
  id: string
  priority: number
  run_at: number
}

/**
 * The first jobs of several queues. Takes the best of the first of every lane, again and again, so
 * that each lane keeps its own order.
 */
export function mergeLanes<Row extends Ranked>(lanes: readonly Row[][], limit: number): Row[] {
  const merged: Row[] = []
  const places = lanes.map(() => 0)
  while (merged.length < limit) {
    let best = -1
    for (const [lane, rows] of lanes.entries()) {
      const row = rows[places[lane] as number]
      const leader = best < 0 ? undefined : lanes[best]?.[places[best] as number]
      if (row && (!leader || byRank(row, leader) < 0)) best = lane
    }
    if (best < 0) return merged
    const place = places[best] as number
    merged.push(lanes[best]?.[place] as Row)
    places[best] = place + 1
  }
  return merged
}

function byRank(a: Ranked, b: Ranked): number {
  return b.priority - a.priority || a.run_at - b.run_at || (a.id < b.id ? -1 : 1)
}
