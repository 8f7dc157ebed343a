import { z } from '@hono/zod-openapi'
import { NOTIFIABLE } from '../../job/notification.ts'
import { pageOf } from './job.ts'
import { moment, pageFields } from './requests.ts'
import { count, jobId, time } from './values.ts'

/** Among so many of the latest those that are unread are counted. */
const COUNTED = 1000

export const notificationSchema = z
  .object({
    id: z.int(),
    status: z.enum(NOTIFIABLE).openapi({ description: 'That of the latest job.' }),
    task_type: z.string(),
    fingerprint: z.string().openapi({ description: 'Of the group of errors; what happens again under it is counted.' }),
    error_type: z.string().nullable(),
    message: z.string().nullable().openapi({ description: 'Of the latest job: its error, or its first warning.' }),
    count: count.openapi({ description: 'How many jobs there were.' }),
    unread_count: count.openapi({ description: 'How many of them you have not read of; 0 where it is read.' }),
    first_job_id: jobId,
    last_job_id: jobId,
    first_at: time,
    last_at: time,
    read_at: time.nullable().openapi({ description: 'When you last read it; null for never.' }),
    yours: z
      .object({ count, last_job_id: jobId, last_at: time })
      .nullable()
      .openapi({ description: 'Those of the jobs that you started; null where there is none.' }),
  })
  .openapi('Notification')

export const notificationPageSchema = pageOf(notificationSchema)
  .extend({
    unread_count: count
      .max(COUNTED)
      .openapi({ description: `How many are unread, of your latest ${COUNTED} notifications.` }),
  })
  .openapi('NotificationPage')

const flag = z
  .enum(['true', 'false'], 'is neither true nor false')
  .transform((word) => word === 'true')
  .optional()

export const notificationQuery = z.strictObject({
  unread: flag.openapi({ type: 'boolean', description: 'Only those that you have not read.' }),
  mine: flag.openapi({ type: 'boolean', description: 'Only those that a job of yours is among.' }),
  ...pageFields,
})

export const notificationParams = z.object({ notification_id: z.string().openapi({ example: '17' }) })

export const readBody = z
  .strictObject({
    count: z
      .int('is not a whole number')
      .min(0, 'is less than 0')
      .max(Number.MAX_SAFE_INTEGER, 'is too large')
      .optional()
      .openapi({
        description: 'Its count as you saw it; what came in since stays unread. Default: all that there is.',
      }),
  })
  .openapi('NotificationRead')

export const readAllBody = z
  .strictObject({
    until: moment.openapi({
      type: 'string',
      format: 'date-time',
      description:
        'The last_at of the latest that you saw; what happened since stays unread. Default: all that there is.',
    }),
  })
  .openapi('NotificationsRead')

export const readAllSchema = z
  .object({ read: count.openapi({ description: 'How many were unread until now.' }), unread_count: count })
  .openapi('NotificationsMarked')
