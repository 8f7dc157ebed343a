import { z } from '@hono/zod-openapi'
import type { Duration } from '../../duration.ts'
import { MAX_MESSAGE_LENGTH } from '../../job/job.ts'
import { parseStatus, STATUSES, type Status } from '../../job/states.ts'
import { jobId } from './values.ts'

const MAX_PAGE = 200
/** Pages beyond are for cursors. */
const MAX_PAGE_NUMBER = 100_000
const MAX_TEXT = 1000
/** Positions of items hold the item's key, which may be long. */
const MAX_CURSOR = 10_000

const filled = z.string().min(1, 'is empty; give a value or leave it out')
const text = filled.max(MAX_TEXT, `is longer than ${MAX_TEXT} characters`)

/** How lists are paged. */
export const pageFields = {
  limit: z
    .string()
    .regex(/^\d{1,6}$/, 'is not a whole number')
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MAX_PAGE, `is not from 1 to ${MAX_PAGE}`)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 50 }),
  cursor: filled.max(MAX_CURSOR, 'is not one that this list gave').optional().openapi({
    description: 'The next_cursor of the page before.',
  }),
}

const statuses = z
  .string()
  .transform((words, context): Status[] =>
    words.split(',').flatMap((word) => {
      const status = parseStatus(word.trim())
      // A word such as "constructor" must not find what every object inherits.
      if (status !== undefined && STATUSES.includes(status)) return [status]
      context.addIssue(`"${word.slice(0, 50)}" is not a status; there are ${STATUSES.join(', ')}`)
      return []
    }),
  )
  .optional()
  .openapi({
    type: 'string',
    example: 'failed,stuck',
    description: `One or several, separated by commas: ${STATUSES.join(', ')}. Words of other systems, such as SUCCESS, are understood.`,
  })

const NOT_A_TIME = 'is not an ISO 8601 date or time; write 2026-01-31 or 2026-01-31T09:30:00Z'

/** A time, or a date for its midnight in UTC, in milliseconds since 1970. */
export const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], NOT_A_TIME)
  .transform((iso) => Date.parse(iso))
  .refine((ms) => !Number.isNaN(ms), NOT_A_TIME)
  .optional()

const eventFilter = {
  task_type: text.optional().openapi({
    example: 'catalog.product_import',
    description: 'A task, or several by a pattern such as catalog.*',
  }),
  status: statuses,
  queue: text.optional(),
  q: text.optional().openapi({ description: 'Part of the task, id, error or a tag, in any letter case.' }),
  tag: text.optional().openapi({ example: 'shop=nord' }),
  triggered_by: text.optional().openapi({ example: 'api:admin' }),
}

/** What jobs are found by. */
export const jobFilterFields = {
  ...eventFilter,
  from: moment.openapi({
    type: 'string',
    description: 'Created then or later. A time, or a date for its midnight in UTC.',
  }),
  to: moment.openapi({ type: 'string', description: 'Created before. A time, or a date for its midnight in UTC.' }),
}

const isOrdered = ({ from, to }: { from?: number | undefined; to?: number | undefined }) =>
  from === undefined || to === undefined || from < to
const OUT_OF_ORDER = { path: ['to'], message: 'is not later than from' }

const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/, 'is not a whole number')
    .transform(Number)
    .refine((number) => number >= 1 && number <= max, `is not from 1 to ${max}`)
    .optional()

export const jobListQuery = z
  .strictObject({
    ...jobFilterFields,
    ...pageFields,
    page: z
      .string()
      .regex(/^\d{1,30}$/, 'is not a whole number')
      .transform((digits) => Math.min(Number(digits), MAX_PAGE_NUMBER))
      .refine((page) => page >= 1, 'is less than 1')
      .optional()
      .openapi({
        type: 'integer',
        minimum: 1,
        description: `The old way of paging, by number; one past the end is the last, and none past ${MAX_PAGE_NUMBER} is read. Slow far down the list.`,
      }),
    per_page: wholeNumber(MAX_PAGE).openapi({ type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 50 }),
  })
  .refine(isOrdered, OUT_OF_ORDER)
  .refine(
    ({ page, per_page, limit, cursor }) =>
      (page === undefined && per_page === undefined) || (limit === undefined && cursor === undefined),
    { path: ['page'], message: 'cannot be combined with limit or cursor' },
  )

/** Which failures are grouped. */
export const errorsQuery = z
  .strictObject({
    task_type: jobFilterFields.task_type,
    queue: jobFilterFields.queue,
    q: jobFilterFields.q,
    tag: jobFilterFields.tag,
    from: jobFilterFields.from,
    to: jobFilterFields.to,
    window: z
      .enum(['hour', 'day', 'week'])
      .default('day')
      .openapi({ description: 'How far back each fault is counted over time.' }),
  })
  .refine(isOrdered, OUT_OF_ORDER)

export const statsQuery = z.strictObject({
  window: z.enum(['hour', 'day', 'week']).default('day').openapi({ description: 'How far back the series goes.' }),
  task_type: text.optional().openapi({ description: 'Only this task, in the series.' }),
})

const wholeLineId = z
  .string()
  .regex(/^\d{1,15}$/, 'is not the id of a line')
  .transform(Number)
  .optional()

/** A position names the transactions that run, which may be many. */
const MAX_EVENT_ID = 20_000

const lastEventId = z
  .string()
  .max(MAX_EVENT_ID, 'is not the id of an event')
  .optional()
  .openapi({ description: 'As the header Last-Event-ID, for those who cannot set it. The header counts for more.' })

export const eventsQuery = z.strictObject({
  ...eventFilter,
  job_id: jobId.optional().openapi({ description: 'Only the events of this job.' }),
  last_event_id: lastEventId,
})
export const jobEventsQuery = z.strictObject({ last_event_id: lastEventId })

export const itemListQuery = z.strictObject({ status: z.enum(['successful', 'failed']).optional(), ...pageFields })
export const pageQuery = z.strictObject(pageFields)
export const logQuery = z.strictObject({
  ...pageFields,
  after: wholeLineId.openapi({
    type: 'integer',
    description: 'Only lines that were written after the one of this id.',
  }),
  order: z
    .enum(['oldest', 'newest'])
    .default('oldest')
    .openapi({ description: 'Which lines come first; with newest the pages go back in time.' }),
})
export const auditLogQuery = z.strictObject({
  actor: text.optional().openapi({ example: 'manual:ana' }),
  action: text.optional().openapi({ example: 'job.cancel' }),
  subject: text.optional().openapi({ example: 'user:ana' }),
  ...pageFields,
})
export const noQuery = z.strictObject({})

/** Any text is let through: an id that cannot exist is a job that does not. */
export const jobParams = z.object({ job_id: jobId })

/** How a job is to be run, where not as its task says. */
export const triggerQuery = z.strictObject({
  queue: filled.max(100, 'is longer than 100 characters').optional().openapi({ example: 'batch' }),
  priority: z
    .string()
    .regex(/^-?\d{1,4}$/, 'is not a whole number')
    .transform(Number)
    .refine((priority) => Math.abs(priority) <= 1000, 'is not from -1000 to 1000')
    .optional()
    .openapi({ type: 'integer', minimum: -1000, maximum: 1000, description: 'Higher runs first.' }),
  delay: z
    .string()
    .regex(/^\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d)$/, 'is not a length of time; write 90s, 10m, 1.5h or 7d')
    .transform((delay) => delay as Duration)
    .optional()
    .openapi({ type: 'string', example: '10m', description: 'Not before so long from now.' }),
})

export const taskParams = z.object({
  domain: z.string().openapi({ description: 'The part before the dot; `-` stands for `_`.', example: 'catalog' }),
  action: z.string().openapi({ description: 'The part after the dot; `-` stands for `_`.', example: 'product-import' }),
})

export const cancelBody = z
  .strictObject({
    reason: z.string().trim().min(1, 'is empty; give a reason or leave it out').max(MAX_MESSAGE_LENGTH).optional(),
  })
  .openapi('CancelRequest')

/** Retrying takes no options. */
export const emptyBody = z.strictObject({})
