import { z } from '@hono/zod-openapi'
import { STATUSES } from '../../job/states.ts'
import { count, time } from './values.ts'

export const countedSchema = z
  .object({
    value: count,
    is_exact: z.boolean().openapi({ description: 'Whether there are exactly so many; else about as many.' }),
  })
  .openapi('Count')

const restingCounts = {
  completed: count,
  completed_with_warnings: count,
  failed: count,
  stuck: count,
  cancelled: count,
}

export const restingCountsSchema = z.object(restingCounts).openapi('RestingCounts')

const byStatus = Object.fromEntries(STATUSES.map((status) => [status, countedSchema])) as Record<
  (typeof STATUSES)[number],
  typeof countedSchema
>

export const statsSchema = z
  .object({
    as_of: time,
    counts: z.object(byStatus),
    waiting: z.object({
      due: count.openapi({ description: 'Jobs that might start now.' }),
      later: count.openapi({ description: 'Jobs that wait for a later time, or for a limit.' }),
      oldest_due_at: time.nullable().openapi({ description: 'Since when the one that waits longest is due.' }),
    }),
    last_24h: restingCountsSchema.openapi({ description: 'What came to rest within 24 hours.' }),
    rate_per_minute: z.number().openapi({ description: 'Jobs that ended in a minute, over the last five minutes.' }),
    drain_ms: z
      .number()
      .nullable()
      .openapi({ description: 'How long what is due takes at that rate; null where nothing moves.' }),
    series: z.object({
      window: z.enum(['hour', 'day', 'week']),
      from: time,
      to: time,
      bucket_ms: count,
      points: z.array(z.object({ at: time, ...restingCounts })),
    }),
  })
  .openapi('Stats')
