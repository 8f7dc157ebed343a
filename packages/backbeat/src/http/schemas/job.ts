import { z } from '@hono/zod-openapi'
import { LOG_LEVELS } from '../../job/job.ts'
import { count, jobId, json, status, time, url } from './values.ts'

const summaryFields = {
  id: jobId,
  task_type: z.string().openapi({ example: 'catalog.product_import' }),
  queue: z.string(),
  priority: z.int().openapi({ description: 'Higher runs first.' }),
  status,
  triggered_by: z.string().openapi({ example: 'api:admin' }),
  tags: z.array(z.string()),
  created_at: time,
  run_at: time.openapi({ description: 'Not before this time.' }),
  started_at: time.nullable(),
  completed_at: time.nullable(),
  heartbeat_at: time.nullable(),
  attempt: count.openapi({ description: 'From 1; 0 before the first.' }),
  max_attempts: count,
  redeliveries: count.openapi({ description: 'How often it was handed out again because a worker vanished.' }),
  worker: z.string().nullable(),
  error_type: z.string().nullable(),
  error_message: z.string().nullable(),
  progress_percent: z.int().min(0).max(100),
  progress_message: z.string().nullable(),
  total_items: count,
  processed_items: count.openapi({ description: 'Counts failures too.' }),
  successful_items: count,
  failed_items: count,
  unique_key: z.string().nullable(),
  retried_from_id: jobId.nullable(),
  retry_scope: z.enum(['all', 'failed_items']),
  cancel_requested_at: time.nullable(),
  cancel_reason: z.string().nullable(),
  expires_at: time.nullable().openapi({ description: 'Not started after this time.' }),
  blocked_by: z.string().nullable().openapi({ description: 'The limit that keeps it waiting, by its key.' }),
  tenant: z.string().nullable(),
}

const recordedError = z
  .object({
    type: z.string(),
    message: z.string(),
    code: z.string().nullable(),
    traceback: z.string().nullable(),
    attempt: z.int().nullable(),
    item: z.string().nullable().openapi({ description: 'The key of the item that it belongs to.' }),
    at: time,
  })
  .openapi('RecordedError')

export const jobSummarySchema = z.object(summaryFields).openapi('JobSummary')

export const jobSchema = z
  .object({
    ...summaryFields,
    input: json,
    result: json,
    traceback: z.string().nullable(),
    errors: z
      .array(recordedError)
      .openapi({ description: 'One for each failed attempt and failed item; the first hundred.' }),
    warnings: z.array(z.string()),
    progress_meta: json,
  })
  .openapi('Job')

export const attemptSchema = z
  .object({
    ordinal: z.int().openapi({ description: 'Which delivery of the job this was, from 1.' }),
    attempt: z.int().openapi({ description: 'The number that counts towards max_attempts.' }),
    outcome: z.enum(['running', 'completed', 'failed', 'cancelled', 'snoozed', 'released', 'lost']),
    worker: z.string().nullable(),
    worker_version: z
      .string()
      .nullable()
      .openapi({ description: 'The version of Backbeat that the worker ran, where it is known.' }),
    started_at: time,
    ended_at: time.nullable(),
    error_type: z.string().nullable(),
    error_message: z.string().nullable(),
    traceback: z.string().nullable(),
  })
  .openapi('Attempt')

export const itemSchema = z
  .object({
    key: z.string(),
    position: z.int().openapi({ description: 'Its place in the source, from 0.' }),
    status: z.enum(['successful', 'failed']),
    attempts: z.int(),
    error_type: z.string().nullable(),
    error_message: z.string().nullable(),
    at: time,
  })
  .openapi('Item')

export const logLineSchema = z
  .object({ id: z.int(), at: time, level: z.enum(LOG_LEVELS), message: z.string(), fields: json })
  .openapi('LogLine')

export const actionSchema = z.enum(['retry', 'retry_failed_items', 'cancel']).openapi('Action')

export const jobDetailSchema = jobSchema
  .extend({
    details: z.object({
      items: z.object({ total: count, processed: count, successful: count, failed: count, url }),
      attempts: z.array(attemptSchema),
      latest_retry: z
        .object({ job_id: jobId, status, status_url: url })
        .nullable()
        .openapi({ description: 'The newest job that does this work again.' }),
      retries: z
        .array(
          z.object({
            job_id: jobId,
            status,
            scope: z.enum(['all', 'failed_items']),
            triggered_by: z.string(),
            created_at: time,
            status_url: url,
          }),
        )
        .openapi({ description: 'The jobs that do this work again, the newest first; at most twenty.' }),
      links: z.object({
        self: url,
        items: url,
        failed_items: url,
        logs: url,
        attempts: url,
        retry: url,
        retry_failed_items: url,
        cancel: url,
        explain: url,
        events: url,
      }),
      allowed_actions: z.array(actionSchema).openapi({ description: 'What the state of the job allows now.' }),
    }),
  })
  .openapi('JobDetail')

/** A page of a list. */
export function pageOf<Entry extends z.ZodType>(entry: Entry) {
  return z.object({
    items: z.array(entry),
    next_cursor: z.string().nullable().openapi({ description: 'For the next page; null on the last.' }),
  })
}

/** What a page by its number adds. */
const numbering = {
  page: count.optional().openapi({ description: 'With page or per_page: the page that this is, from 1.' }),
  per_page: count.optional(),
  pages: count.optional(),
  total: count.optional().openapi({ description: 'With page or per_page: how many jobs match.' }),
  total_is_exact: z.boolean().optional().openapi({ description: 'Else there are at least so many.' }),
}

const looking = {
  searched_to: time.optional().openapi({
    description:
      'Where a page has fewer jobs than it may and is not the last: how far back was looked. Older ones are found from next_cursor on, also where this page has none.',
  }),
}

export const jobPageSchema = pageOf(jobSummarySchema)
  .extend({ ...looking, ...numbering })
  .openapi('JobPage')
