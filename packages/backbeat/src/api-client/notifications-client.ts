import type { RequestOptions, Requests } from './requests.ts'
import type * as api from './types.ts'

const NOTIFICATIONS = '/api/v1/admin/background-tasks/notifications'

/** What one is told of jobs that failed or got stuck. What one reads and dismisses, others do not. */
export class NotificationsClient {
  readonly #requests: Requests

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** One page, the latest first, with the number of those that are unread. */
  page(query: api.NotificationQuery = {}, options?: RequestOptions): Promise<api.NotificationPage> {
    return this.#requests.get(NOTIFICATIONS, { query, ...options })
  }

  /** All of them, the latest first, read page by page as it is needed. */
  list(query: api.NotificationQuery = {}, options?: RequestOptions): AsyncGenerator<api.Notification, void> {
    return this.#requests.all(NOTIFICATIONS, query, options)
  }

  /**
   * Marks one as read as far as it was seen: what came in since then stays unread.
   *
   * @example
   * for await (const notification of client.notifications.list({ unread: true })) {
   *   show(notification)
   *   await client.notifications.markRead(notification)
   * }
   */
  markRead({ id, count }: Pick<api.Notification, 'id' | 'count'>, options?: RequestOptions): Promise<api.Notification> {
    return this.#requests.post(`${NOTIFICATIONS}/${id}/read`, { body: { count }, ...options })
  }

  /** @param until the `last_at` of the latest that was seen: what happened since then stays unread. Default: all. */
  markAllRead(until?: string | Date, options?: RequestOptions): Promise<api.NotificationsMarked> {
    const body = until === undefined ? {} : { until: until instanceof Date ? until.toISOString() : until }
    return this.#requests.post(`${NOTIFICATIONS}/read-all`, { body, ...options })
  }

  /** Takes one off the list until it happens again. */
  dismiss(id: number, options?: RequestOptions): Promise<void> {
    return this.#requests.post(`${NOTIFICATIONS}/${id}/dismiss`, { ...options })
  }
}
