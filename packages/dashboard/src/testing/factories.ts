import type { JobSummary, Stats, Worker } from 'backbeat/client'

/** A job as the list presents it. */
export function job(fields: Partial<JobSummary> = {}): JobSummary {
  return {
    id: '019c0000-0000-7000-8000-000000000000',
    task_type: 'demo.echo',
    queue: 'default',
    priority: 0,
    status: 'pending',
    triggered_by: 'manual:ana',
    tags: [],
    created_at: '2026-03-01T12:00:00.000Z',
    run_at: '2026-03-01T12:00:00.000Z',
    started_at: null,
    completed_at: null,
    heartbeat_at: null,
    attempt: 0,
    max_attempts: 1,
    redeliveries: 0,
    worker: null,
    error_type: null,
    error_message: null,
    progress_percent: 0,
    progress_message: null,
    total_items: 0,
    processed_items: 0,
    successful_items: 0,
    failed_items: 0,
    unique_key: null,
    retried_from_id: null,
    retry_scope: 'all',
    cancel_requested_at: null,
    cancel_reason: null,
    expires_at: null,
    blocked_by: null,
    tenant: null,
    ...fields,
  }
}

/** A worker that takes jobs. */
export function worker(fields: Partial<Worker> = {}): Worker {
  return {
    name: 'shop-1:4711:0d1ddc',
    host: 'shop-1',
    pid: 4711,
    version: '1.0.0',
    queues: null,
    pool: 'threads',
    state: 'running',
    wanted_state: null,
    slots: 10,
    wanted_slots: null,
    running: 0,
    memory_bytes: 80_000_000,
    event_loop_lag_ms: 1,
    lease_ms: 15_000,
    started_at: '2026-03-01T11:00:00.000Z',
    heartbeat_at: '2026-03-01T12:00:00.000Z',
    heartbeat_age_ms: 800,
    ...fields,
  }
}

const HALF_HOUR_MS = 1_800_000

/** How things stand where nothing has happened for a day. */
export function stats(fields: Partial<Stats> = {}): Stats {
  const none = { completed: 0, completed_with_warnings: 0, failed: 0, stuck: 0, cancelled: 0 }
  const exact = { value: 0, is_exact: true }
  const to = Date.parse('2026-03-01T12:00:00.000Z')
  const from = to - 48 * HALF_HOUR_MS
  return {
    as_of: '2026-03-01T12:00:00.000Z',
    counts: {
      pending: exact,
      running: exact,
      retrying: exact,
      completed: exact,
      completed_with_warnings: exact,
      failed: exact,
      stuck: exact,
      cancelled: exact,
    },
    waiting: { due: 0, later: 0, oldest_due_at: null },
    last_24h: none,
    rate_per_minute: 0,
    drain_ms: 0,
    series: {
      window: 'day',
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      bucket_ms: HALF_HOUR_MS,
      points: Array.from({ length: 48 }, (_, index) => ({
        at: new Date(from + index * HALF_HOUR_MS).toISOString(),
        ...none,
      })),
    },
    ...fields,
  }
}
