import { z } from '@hono/zod-openapi'
import { jobId, url } from './values.ts'

const accepted = {
  job_id: jobId,
  task_type: z.string().openapi({ example: 'catalog.product_import' }),
  status: z.literal('pending'),
  message: z.string().openapi({ description: 'A sentence for people.' }),
  status_url: url.openapi({ description: 'Where the job can be watched.' }),
}

/** A job was stored and waits for a worker. */
export const acceptedSchema = z.object(accepted).openapi('Accepted')

export const retryAcceptedSchema = z.object({ ...accepted, retried_from_id: jobId }).openapi('RetryAccepted')

/** The `Location` header of both. */
export const locationHeader = z.object({ Location: url.openapi({ description: 'The same as status_url.' }) })
