import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { Principal } from '../../access/principal.ts'
import { isSilent } from '../../client/workers.ts'
import type { Store, WorkerRecord } from '../../store/store.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpEnv, HttpRouter } from '../http-parts.ts'
import { type Metric, metricsText } from '../metrics-text.ts'
import { problems } from '../schemas/problem.ts'
import { noQuery } from '../schemas/requests.ts'

const metricsRoute = guardedRoute('background_tasks.view', {
  method: 'get',
  path: '/metrics',
  operationId: 'getMetrics',
  summary: 'Counters and gauges in the text format of Prometheus',
  description: 'For who may view background tasks, and with the metrics token as the bearer token.',
  tags: ['Health'],
  request: { query: noQuery },
  responses: {
    200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } },
    ...problems(422, 500, 503),
  },
})

const SCRAPER: Principal = {
  kind: 'token',
  name: 'metrics',
  permission: 'background_tasks.view',
  tasks: null,
  starts: [],
}

export interface MetricsParts {
  store: Store
  /** Lets who sends it read the metrics, and nothing else; `null` where there is none. */
  metricsToken: string | null
  /** Sets who asks, or throws where nobody is known. */
  identify: MiddlewareHandler<HttpEnv>
}

export function addMetricsRoute(app: HttpRouter, { store, metricsToken, identify }: MetricsParts): void {
  // With the star, which fits the path itself too, so that other methods of it are refused like anywhere.
  app.use('/metrics/*', async (c, next) => {
    const token = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (!metricsToken || token === undefined || !isSame(token, metricsToken)) return identify(c, next)
    c.set('principal', SCRAPER)
    return next()
  })

  app.openapi(metricsRoute, async (c) => {
    const [lanes, totals, workers] = await Promise.all([
      store.insights.lanes(),
      store.insights.totals(),
      store.workers(),
    ])
    const now = Date.now()
    const oldest = lanes.filter((lane) => lane.oldestDueAt !== null)
    const metrics: Metric[] = [
      {
        name: 'backbeat_jobs',
        type: 'gauge',
        help: 'Jobs that wait or run.',
        samples: lanes.map(({ queue, status, count }) => ({ labels: { queue, status }, value: count })),
      },
      {
        name: 'backbeat_jobs_due',
        type: 'gauge',
        help: 'Waiting jobs that might start now.',
        samples: lanes
          .filter(({ status }) => status !== 'running')
          .map(({ queue, status, due }) => ({ labels: { queue, status }, value: due })),
      },
      {
        name: 'backbeat_oldest_due_age_seconds',
        type: 'gauge',
        help: 'How long the job that waits longest has been due.',
        samples: oldest.map(({ queue, status, oldestDueAt }) => ({
          labels: { queue, status },
          value: Math.max(0, now - (oldestDueAt ?? now)) / 1000,
        })),
      },
      {
        name: 'backbeat_jobs_finished_total',
        type: 'counter',
        help: 'Jobs that came to rest, but for the last seconds.',
        samples: totals.map(({ taskType, status, count }) => ({ labels: { task: taskType, status }, value: count })),
      },
      ...workerMetrics(workers),
      ...processMetrics(),
    ]
    return c.text(metricsText(metrics), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
}

function workerMetrics(workers: readonly WorkerRecord[]): Metric[] {
  const of = (name: string, help: string, read: (worker: WorkerRecord) => number): Metric => ({
    name,
    type: 'gauge',
    help,
    samples: workers.map((worker) => ({ labels: { worker: worker.name }, value: read(worker) })),
  })
  const states = Map.groupBy(workers, (worker) => (isSilent(worker) ? 'silent' : worker.state))
  return [
    {
      name: 'backbeat_workers',
      type: 'gauge',
      help: 'Workers by what they do.',
      samples: [...states].map(([state, those]) => ({ labels: { state }, value: those.length })),
    },
    of('backbeat_worker_slots', 'How many jobs a worker runs at the same time, at most.', ({ slots }) => slots),
    of('backbeat_worker_running', 'How many jobs a worker runs now.', ({ running }) => running),
    of('backbeat_worker_memory_bytes', 'Resident memory of a worker.', ({ memoryBytes }) => memoryBytes),
    of(
      'backbeat_worker_event_loop_lag_seconds',
      'How long the event loop of a worker took to answer.',
      ({ eventLoopLagMs }) => eventLoopLagMs / 1000,
    ),
  ]
}

/** Of the process that answers, by the names that are usual. */
function processMetrics(): Metric[] {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return [
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Used heap.', heapUsed),
    gauge('process_start_time_seconds', 'When the process started, since 1970.', Date.now() / 1000 - process.uptime()),
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      help: 'Processor time.',
      samples: [{ value: (user + system) / 1e6 }],
    },
  ]
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, type: 'gauge', help, samples: [{ value }] }
}

/** Digests have one length, so that comparing them tells nothing about the token's. */
function isSame(a: string, b: string): boolean {
  const digest = (token: string) => createHash('sha256').update(token).digest()
  return timingSafeEqual(digest(a), digest(b))
}
