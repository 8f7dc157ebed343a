import type { Queue, Workers } from 'backbeat/client'

export interface Problem {
  /** The text of `overview.<code>`; its remedy is that of `overview.<code>Fix`. */
  code: 'noWorker' | 'paused' | 'silent' | 'brokerDown'
  values: Record<string, string | number>
}

/** What somebody has to do something about, the worst first. */
export function problemsOf(queues: readonly Queue[], workers: Workers): Problem[] {
  const { broker_reachable, error, items } = workers
  if (!broker_reachable) return [{ code: 'brokerDown', values: { error: error ?? '' } }]
  const unserved = queues.filter((queue) => queue.state !== 'paused' && queue.workers === 0 && queue.due > 0)
  const paused = queues.filter((queue) => queue.state === 'paused' && queue.waiting > 0)
  return [
    ...unserved.map((queue) => ({ code: 'noWorker' as const, values: { queue: queue.name, count: queue.due } })),
    ...items
      .filter(({ state }) => state === 'silent')
      .map(({ name }) => ({ code: 'silent' as const, values: { worker: name } })),
    ...paused.map((queue) => ({ code: 'paused' as const, values: { queue: queue.name, count: queue.waiting } })),
  ]
}
