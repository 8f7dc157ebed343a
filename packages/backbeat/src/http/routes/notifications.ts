import type { z } from '@hono/zod-openapi'
import { scopeOf } from '../../access/decisions.ts'
import { type Principal, starterName } from '../../access/principal.ts'
import { BackbeatError } from '../../errors.ts'
import type { Notification, NotificationReader } from '../../store/store.ts'
import { guardedRoute } from '../guard.ts'
import type { HttpParts, HttpRouter } from '../http-parts.ts'
import { NOTIFICATIONS_PATH } from '../links.ts'
import { presentPage, timeOf, timeOrNull } from '../presenters.ts'
import {
  notificationPageSchema,
  notificationParams,
  notificationQuery,
  notificationSchema,
  readAllBody,
  readAllSchema,
  readBody,
} from '../schemas/notifications.ts'
import { problems } from '../schemas/problem.ts'
import { emptyBody, noQuery } from '../schemas/requests.ts'
import { optionalBody } from '../validated-body.ts'

const tags = ['Notifications']

const listRoute = guardedRoute('known', {
  method: 'get',
  path: NOTIFICATIONS_PATH,
  operationId: 'listNotifications',
  summary: 'What became of jobs that failed or got stuck, by reason, the latest first',
  tags,
  request: { query: notificationQuery },
  responses: {
    200: { description: 'A page of them.', content: { 'application/json': { schema: notificationPageSchema } } },
    ...problems(422, 500, 503),
  },
})

const readRoute = guardedRoute('known', {
  method: 'post',
  path: `${NOTIFICATIONS_PATH}/{notification_id}/read`,
  operationId: 'markNotificationRead',
  summary: 'Mark a notification as read by you, until it happens again',
  tags,
  request: {
    params: notificationParams,
    query: noQuery,
    // By reference, because a schema given here would be validated by an unbounded read.
    body: { content: { 'application/json': { schema: { $ref: '#/components/schemas/NotificationRead' } } } },
  },
  responses: {
    200: { description: 'It as it is now.', content: { 'application/json': { schema: notificationSchema } } },
    ...problems(400, 404, 413, 415, 422, 500, 503),
  },
})

const readAllRoute = guardedRoute('known', {
  method: 'post',
  path: `${NOTIFICATIONS_PATH}/read-all`,
  operationId: 'markAllNotificationsRead',
  summary: 'Mark all notifications as read by you',
  tags,
  request: {
    query: noQuery,
    body: { content: { 'application/json': { schema: { $ref: '#/components/schemas/NotificationsRead' } } } },
  },
  responses: {
    200: { description: 'How many.', content: { 'application/json': { schema: readAllSchema } } },
    ...problems(400, 413, 415, 422, 500, 503),
  },
})

const dismissRoute = guardedRoute('known', {
  method: 'post',
  path: `${NOTIFICATIONS_PATH}/{notification_id}/dismiss`,
  operationId: 'dismissNotification',
  summary: 'Take a notification off your list, until it happens again',
  tags,
  request: { params: notificationParams, query: noQuery },
  responses: {
    204: { description: 'It is off the list.' },
    ...problems(400, 404, 413, 415, 422, 500, 503),
  },
})

/** What each reads and dismisses is their own affair: no permission is asked for, and no entry made in the audit log. */
export function addNotificationRoutes(app: HttpRouter, { store, maxBodyBytes }: HttpParts): void {
  app.openAPIRegistry.register('NotificationRead', readBody)
  app.openAPIRegistry.register('NotificationsRead', readAllBody)
  const { notifications } = store

  app.openapi(listRoute, async (c) => {
    const reader = readerOf(c.get('principal'))
    const { limit = 50, cursor, unread = false, mine = false } = c.req.valid('query')
    const page = { limit, ...(cursor !== undefined && { cursor }) }
    const [found, unreadCount] = await Promise.all([
      notifications.list(reader, { unread, mine }, page),
      notifications.countUnread(reader),
    ])
    return c.json({ ...presentPage(found, presentNotification), unread_count: unreadCount }, 200)
  })

  app.openapi(readAllRoute, async (c) => {
    const reader = readerOf(c.get('principal'))
    const { until } = await optionalBody(c.req.raw, readAllBody, maxBodyBytes)
    const read = await notifications.markAllRead(reader, until ?? null)
    return c.json({ read, unread_count: await notifications.countUnread(reader) }, 200)
  })

  app.openapi(readRoute, async (c) => {
    const given = c.req.valid('param').notification_id
    const { count } = await optionalBody(c.req.raw, readBody, maxBodyBytes)
    const reader = readerOf(c.get('principal'))
    const id = idOf(given)
    const notification = id === null ? undefined : await notifications.markRead(reader, id, count ?? null)
    if (!notification) throw unknownNotification(given)
    return c.json(presentNotification(notification), 200)
  })

  app.openapi(dismissRoute, async (c) => {
    const given = c.req.valid('param').notification_id
    await optionalBody(c.req.raw, emptyBody, maxBodyBytes)
    const id = idOf(given)
    if (id === null || !(await notifications.dismiss(readerOf(c.get('principal')), id))) {
      throw unknownNotification(given)
    }
    return c.body(null, 204)
  })
}

function readerOf(principal: Principal): NotificationReader {
  return { name: starterName(principal), scope: scopeOf(principal) }
}

/** Any text is let through: what cannot be an id is a notification that does not exist. */
function idOf(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}

function unknownNotification(given: string): BackbeatError {
  return new BackbeatError(
    'unknown_notification',
    `There is no notification ${JSON.stringify(given.slice(0, 50))} for you. It may have been dismissed, or removed after its retention; list the notifications to see which there are.`,
    { status: 404 },
  )
}

function presentNotification(notification: Notification): z.infer<typeof notificationSchema> {
  const { yours } = notification
  return {
    id: notification.id,
    status: notification.status,
    task_type: notification.taskType,
    fingerprint: notification.fingerprint,
    error_type: notification.errorType,
    message: notification.message,
    count: notification.count,
    unread_count: notification.unreadCount,
    first_job_id: notification.firstJobId,
    last_job_id: notification.lastJobId,
    first_at: timeOf(notification.firstAt),
    last_at: timeOf(notification.lastAt),
    read_at: timeOrNull(notification.readAt),
    yours: yours && { count: yours.count, last_job_id: yours.lastJobId, last_at: timeOf(yours.lastAt) },
  }
}
