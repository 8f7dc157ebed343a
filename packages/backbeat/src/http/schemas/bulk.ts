import { z } from '@hono/zod-openapi'
import { BULK_ACTIONS, MAX_BULK } from '../../client/bulk.ts'
import { MAX_MESSAGE_LENGTH } from '../../job/job.ts'
import { jobFilterFields } from './requests.ts'
import { countedSchema } from './stats.ts'
import { jobId } from './values.ts'

const filter = z
  .strictObject({
    ...jobFilterFields,
    fingerprint: z
      .string()
      .regex(/^[0-9a-f]{16}$/, 'is not a fingerprint of …/errors')
      .optional()
      .openapi({ description: 'Only jobs that failed of this fault; see …/errors.' }),
  })
  .openapi('BulkFilter')

export const bulkBody = z
  .strictObject({
    action: z.enum(BULK_ACTIONS),
    ids: z
      .array(z.string().max(100, 'is not an id'))
      .min(1, 'is empty')
      .max(MAX_BULK, `has more than ${MAX_BULK} entries; send them in parts`)
      .optional()
      .openapi({ description: 'The selected jobs.' }),
    filter: filter.optional().openapi({ description: 'All jobs that match, as in the list; {} for every job.' }),
    dry_run: z.boolean().default(false).openapi({ description: 'Only count.' }),
    limit: z
      .int('is not a whole number')
      .min(1, 'is less than 1')
      .max(MAX_BULK, `is more than ${MAX_BULK}`)
      .default(100)
      .openapi({ description: 'How many jobs of the filter are looked at in this call.' }),
    cursor: z
      .string()
      .min(1, 'is empty; give a value or leave it out')
      .max(10_000, 'is not one that this gave')
      .optional()
      .openapi({ description: 'The next_cursor of the call before.' }),
    reason: z.string().trim().min(1, 'is empty').max(MAX_MESSAGE_LENGTH).optional(),
  })
  .refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
    path: ['ids'],
    message: 'give either ids or a filter',
  })
  .openapi('BulkRequest')

export const bulkResultSchema = z
  .object({
    dry_run: z.boolean(),
    matched: countedSchema.nullable().openapi({ description: 'With dry_run: how many jobs it would change.' }),
    done: z.array(
      z.object({ job_id: jobId, new_job_id: jobId.nullable().openapi({ description: 'The job that retries it.' }) }),
    ),
    skipped: z.array(z.object({ job_id: z.string(), code: z.string(), message: z.string() })),
    next_cursor: z.string().nullable().openapi({ description: 'For the next call; null when all were looked at.' }),
  })
  .openapi('BulkResult')
