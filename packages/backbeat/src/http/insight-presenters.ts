import type { z } from '@hono/zod-openapi'
import type { BulkResult } from '../client/bulk.ts'
import type { ErrorGroup, ErrorSpan } from '../client/error-groups.ts'
import type { Explanation } from '../client/explanation.ts'
import type { Overview, Series, TaskInsight, Window } from '../client/insights.ts'
import { isSilent } from '../client/workers.ts'
import type { Count, LaneCount, QueueState, WorkerRecord } from '../store/store.ts'
import { inputSchemaOf } from '../task/input-schema.ts'
import type { RestrictionRules } from '../task/restrictions.ts'
import type { Links } from './links.ts'
import { timeOf, timeOrNull } from './presenters.ts'
import type { bulkResultSchema } from './schemas/bulk.ts'
import type {
  errorGroupSchema,
  errorGroupsSchema,
  explanationSchema,
  queueSchema,
  taskSchema,
  workerSchema,
} from './schemas/operations.ts'
import type { countedSchema, statsSchema } from './schemas/stats.ts'

export function presentCount({ value, isExact }: Count): z.infer<typeof countedSchema> {
  return { value, is_exact: isExact }
}

export function presentStats(overview: Overview, window: Window, series: Series): z.infer<typeof statsSchema> {
  const { counts, waiting } = overview
  return {
    as_of: timeOf(overview.asOf),
    counts: {
      pending: presentCount(counts.pending),
      running: presentCount(counts.running),
      retrying: presentCount(counts.retrying),
      completed: presentCount(counts.completed),
      completed_with_warnings: presentCount(counts.completed_with_warnings),
      failed: presentCount(counts.failed),
      stuck: presentCount(counts.stuck),
      cancelled: presentCount(counts.cancelled),
    },
    waiting: { due: waiting.due, later: waiting.later, oldest_due_at: timeOrNull(waiting.oldestDueAt) },
    last_24h: overview.last24h,
    rate_per_minute: overview.ratePerMinute,
    drain_ms: overview.drainMs,
    series: {
      window,
      from: timeOf(series.from),
      to: timeOf(series.to),
      bucket_ms: series.bucketMs,
      points: series.points.map(({ at, ...counts }) => ({ at: timeOf(at), ...counts })),
    },
  }
}

/** What is known of all queues, and of which each takes its own. */
export interface QueueSurroundings {
  lanes: readonly LaneCount[]
  rates: ReadonlyMap<string, number>
  workers: readonly WorkerRecord[]
}

export function presentQueue(
  queue: QueueState,
  { lanes, rates, workers }: QueueSurroundings,
): z.infer<typeof queueSchema> {
  const own = lanes.filter((lane) => lane.queue === queue.name)
  const oldest = own.flatMap(({ oldestDueAt }) => (oldestDueAt === null ? [] : [oldestDueAt]))
  return {
    name: queue.name,
    state: queue.pausedAt !== null ? 'paused' : queue.drainingSince !== null ? 'draining' : 'open',
    paused_at: timeOrNull(queue.pausedAt),
    draining_since: timeOrNull(queue.drainingSince),
    concurrency: queue.concurrency,
    waiting: queue.waiting,
    due: own.reduce((sum, { due }) => sum + due, 0),
    running: queue.running,
    oldest_due_at: oldest.length === 0 ? null : timeOf(Math.min(...oldest)),
    rate_per_minute: rates.get(queue.name) ?? 0,
    workers: workers.filter(
      (worker) =>
        worker.state === 'running' &&
        !isSilent(worker) &&
        (worker.queues === null || worker.queues.includes(queue.name)),
    ).length,
  }
}

export function presentWorker(worker: WorkerRecord): z.infer<typeof workerSchema> {
  return {
    name: worker.name,
    host: worker.host,
    pid: worker.pid,
    version: worker.version,
    queues: worker.queues && [...worker.queues],
    pool: worker.pool,
    state: isSilent(worker) ? 'silent' : worker.state,
    wanted_state: worker.orders.state,
    slots: worker.slots,
    wanted_slots: worker.orders.slots,
    running: worker.running,
    memory_bytes: worker.memoryBytes,
    event_loop_lag_ms: worker.eventLoopLagMs,
    lease_ms: worker.leaseMs,
    started_at: timeOf(worker.startedAt),
    heartbeat_at: timeOf(worker.heartbeatAt),
    heartbeat_age_ms: worker.silentForMs,
  }
}

export function presentTask(insight: TaskInsight, links: Links): z.infer<typeof taskSchema> {
  const { task } = insight
  const { firstMs, maxMs, factor, jitter } = task.retry.backoff
  return {
    name: task.name,
    description: task.description,
    queue: task.queue,
    priority: task.priority,
    trigger_url: links.task(task.name),
    input_schema: inputSchemaOf(task),
    retry: {
      max_attempts: task.retry.maxAttempts,
      backoff: { first_ms: firstMs, max_ms: maxMs, factor, jitter },
    },
    limits: { soft_ms: task.limits.softMs, hard_ms: task.limits.hardMs },
    concurrency: task.restrictionRules.concurrency.map(({ limit, isKeyed }) => ({ limit, is_keyed: isKeyed })),
    rate: presentRate(task.restrictionRules.rate),
    max_redeliveries: task.maxRedeliveries,
    transactional: task.transactional,
    pool: task.pool,
    unique: task.unique !== null,
    expires_ms: task.expiresMs,
    schedules: [],
    last_24h: insight.last24h,
    failure_rate: insight.failureRate,
    wait_ms: insight.wait,
    run_ms: insight.run,
    sampled: insight.sampled,
  }
}

function presentRate(rate: RestrictionRules['rate']) {
  return rate && { limit: rate.limit, per_ms: rate.perMs, is_keyed: rate.isKeyed }
}

export function presentErrors(
  { groups, isExact, span }: { groups: readonly ErrorGroup[]; isExact: boolean; span: ErrorSpan },
  window: Window,
): z.infer<typeof errorGroupsSchema> {
  return {
    items: groups.map(presentErrorGroup),
    is_exact: isExact,
    series: { window, from: timeOf(span.from), to: timeOf(span.to), bucket_ms: span.bucketMs },
  }
}

function presentErrorGroup(group: ErrorGroup): z.infer<typeof errorGroupSchema> {
  return {
    fingerprint: group.fingerprint,
    tasks: group.tasks.map(({ taskType, count }) => ({ task_type: taskType, count })),
    error_type: group.errorType,
    message: group.message,
    latest_message: group.latestMessage,
    count: group.count,
    first_seen_at: timeOf(group.firstSeenAt),
    last_seen_at: timeOf(group.lastSeenAt),
    sample_job_ids: group.sampleJobIds,
    counts: group.counts,
  }
}

export function presentExplanation(jobId: string, { state, reasons }: Explanation): z.infer<typeof explanationSchema> {
  return { job_id: jobId, state, reasons }
}

export function presentBulk({ done, skipped, nextCursor }: BulkResult): z.infer<typeof bulkResultSchema> {
  return {
    dry_run: false,
    matched: null,
    done: done.map(({ jobId, newJobId }) => ({ job_id: jobId, new_job_id: newJobId })),
    skipped: skipped.map(({ jobId, code, message }) => ({ job_id: jobId, code, message })),
    next_cursor: nextCursor,
  }
}
