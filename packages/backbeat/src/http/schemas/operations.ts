import { z } from '@hono/zod-openapi'
import { restingCountsSchema } from './stats.ts'
import { count, jobId, json, time, url } from './values.ts'

/** A list that is never long enough for pages. */
export function listOf<Entry extends z.ZodType>(entry: Entry) {
  return z.object({ items: z.array(entry) })
}

export const queueSchema = z
  .object({
    name: z.string(),
    state: z.enum(['open', 'paused', 'draining']),
    paused_at: time.nullable(),
    draining_since: time.nullable(),
    concurrency: count.nullable().openapi({ description: 'Jobs at the same time, across all workers; null for any.' }),
    waiting: count,
    due: count.openapi({ description: 'Those of the waiting that might start now.' }),
    running: count,
    oldest_due_at: time.nullable(),
    rate_per_minute: z
      .number()
      .openapi({ description: 'Jobs that came to rest in a minute, cancelled ones apart: of the last five minutes.' }),
    workers: count.openapi({ description: 'Workers that serve it and take jobs.' }),
  })
  .openapi('Queue')

export const queueChange = z
  .strictObject({
    paused: z.boolean().optional(),
    draining: z.boolean().optional(),
    concurrency: z
      .int('is not a whole number')
      .min(1, 'is less than 1')
      .max(1_000_000, 'is more than 1000000')
      .nullable()
      .optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'names nothing to change')
  .openapi('QueueChange')

export const workerSchema = z
  .object({
    name: z.string(),
    host: z.string(),
    pid: z.int(),
    version: z.string().openapi({ description: 'Of Backbeat.' }),
    queues: z.array(z.string()).nullable().openapi({ description: 'null for every queue.' }),
    pool: z.string(),
    state: z
      .enum(['running', 'quiet', 'stopping', 'silent'])
      .openapi({ description: 'silent: no sign of life for longer than its lease.' }),
    wanted_state: z.enum(['running', 'quiet', 'stopping']).nullable(),
    slots: count,
    wanted_slots: count.nullable(),
    running: count,
    memory_bytes: count,
    event_loop_lag_ms: count,
    lease_ms: count,
    started_at: time,
    heartbeat_at: time,
    heartbeat_age_ms: count,
  })
  .openapi('Worker')

export const workersSchema = z
  .object({
    items: z.array(workerSchema),
    broker_reachable: z.boolean(),
    error: z.string().nullable().openapi({ description: 'Why the workers are not known, where they are not.' }),
  })
  .openapi('WorkerList')

export const resizeBody = z
  .strictObject({
    slots: z
      .int('is not a whole number')
      .min(1, 'is less than 1')
      .max(10_000, 'is more than 10000')
      .nullable()
      .openapi({ description: 'null for what it was started with.' }),
  })
  .openapi('ResizeRequest')

const percentiles = z.object({ p50: count, p95: count, p99: count })

export const taskSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    queue: z.string(),
    priority: z.int(),
    trigger_url: url,
    input_schema: z.record(z.string(), z.unknown()).openapi({ description: 'JSON Schema of its input.' }),
    retry: z.object({
      max_attempts: count,
      backoff: z.object({ first_ms: z.number(), max_ms: z.number(), factor: z.number(), jitter: z.boolean() }),
    }),
    limits: z.object({ soft_ms: z.number().nullable(), hard_ms: z.number().nullable() }),
    concurrency: z
      .array(z.object({ limit: count, is_keyed: z.boolean() }))
      .openapi({ description: 'How many of its jobs run at once; is_keyed: of each key by themselves.' }),
    rate: z
      .object({ limit: count, per_ms: count, is_keyed: z.boolean() })
      .nullable()
      .openapi({ description: 'How many of its jobs start within per_ms.' }),
    max_redeliveries: count,
    transactional: z.boolean(),
    pool: z.enum(['inline', 'threads', 'processes']).nullable().openapi({ description: 'null: the worker chooses.' }),
    unique: z.boolean(),
    expires_ms: z.number().nullable(),
    schedules: z.array(json),
    last_24h: restingCountsSchema,
    failure_rate: z.number().min(0).max(1).nullable().openapi({ description: 'Of what ended within 24 hours.' }),
    wait_ms: percentiles.nullable().openapi({ description: 'From due to started, of its newest jobs.' }),
    run_ms: percentiles.nullable().openapi({ description: 'How long their last attempt took.' }),
    sampled: count.openapi({ description: 'How many jobs the percentiles are of.' }),
  })
  .openapi('Task')

export const errorGroupSchema = z
  .object({
    fingerprint: z.string(),
    tasks: z
      .array(z.object({ task_type: z.string(), count }))
      .openapi({ description: 'The tasks that it hit, the one that it hit most first.' }),
    error_type: z.string().nullable(),
    message: z.string().openapi({ description: 'Without what differs from one occurrence to the next.' }),
    latest_message: z.string().nullable(),
    count,
    first_seen_at: time,
    last_seen_at: time,
    sample_job_ids: z.array(jobId),
    counts: z.array(count).openapi({ description: 'How many there were in each stretch of the series.' }),
  })
  .openapi('ErrorGroup')

export const errorGroupsSchema = z
  .object({
    items: z.array(errorGroupSchema),
    is_exact: z
      .boolean()
      .openapi({ description: 'Whether every failed job was looked at; else the newest five thousand.' }),
    series: z
      .object({ window: z.enum(['hour', 'day', 'week']), from: time, to: time, bucket_ms: count })
      .openapi({ description: 'What the counts of each group are over: stretches of bucket_ms.' }),
  })
  .openapi('ErrorGroups')

export const explanationSchema = z
  .object({
    job_id: jobId,
    state: z.enum(['waiting', 'running', 'resting']),
    reasons: z
      .array(
        z.object({
          code: z.string().openapi({ description: 'Stable; safe to compare against.', example: 'queue_paused' }),
          sentence: z.string(),
          fix: z.string().openapi({ description: 'What to do about it; empty where there is nothing to do.' }),
          params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).openapi({
            description: 'What the sentences name, to say it in other words. Lengths of time end in _ms.',
            example: { queue: 'mail', paused_ms: 90_000 },
          }),
        }),
      )
      .openapi({ description: 'The most telling first; never empty.' }),
  })
  .openapi('Explanation')

export const settingsSchema = z
  .object({
    version: z.string(),
    node_version: z.string(),
    store: z.string().openapi({ description: 'Where records are kept, without user and password.' }),
    broker: z.string(),
    max_body_bytes: count,
    worker: z.record(z.string(), json).openapi({ description: 'What a worker of this application starts with.' }),
  })
  .openapi('Settings')

export const healthSchema = z
  .object({
    store: z.object({
      url: z.string().openapi({ description: 'Where records are kept, without user and password.' }),
      reachable: z.boolean().openapi({ description: 'Whether it can be read and written.' }),
      latency_ms: z.number().nullable().openapi({ description: 'How long it took to answer; null where it did not.' }),
      error: z.string().nullable().openapi({ description: 'Why it cannot be reached, where it cannot.' }),
    }),
  })
  .openapi('Health')
