import type { Kysely } from 'kysely'
import type * as port from '../notification-records.ts'
import type { Page, PageRequest } from '../paging.ts'
import type { StepRunner } from './access-records.ts'
import {
  countUnread,
  dismiss,
  hasOldNotification,
  listNotifications,
  markAllRead,
  markRead,
  pruneNotifications,
} from './notification-steps.ts'
import type { Tables } from './tables.ts'

/** What people are told, in the tables of either database. */
export class SqlNotificationRecords implements port.NotificationRecords {
  readonly #db: Kysely<Tables>
  readonly #run: StepRunner

  /** @param db compiles queries; what they are run on is the runner's */
  constructor(db: Kysely<Tables>, run: StepRunner) {
    this.#db = db
    this.#run = run
  }

  list(
    reader: port.NotificationReader,
    filter: port.NotificationFilter,
    page: PageRequest,
  ): Promise<Page<port.Notification>> {
    return this.#run.read(() => listNotifications(this.#db, reader, filter, page))
  }

  countUnread(reader: port.NotificationReader): Promise<number> {
    return this.#run.read(() => countUnread(this.#db, reader))
  }

  markRead(reader: port.NotificationReader, id: number, upTo: number | null): Promise<port.Notification | undefined> {
    return this.#run.write((now) => markRead(this.#db, reader, id, upTo, now))
  }

  markAllRead(reader: port.NotificationReader, until: number | null): Promise<number> {
    return this.#run.write((now) => markAllRead(this.#db, reader, until, now))
  }

  dismiss(reader: port.NotificationReader, id: number): Promise<boolean> {
    return this.#run.write((now) => dismiss(this.#db, reader, id, now))
  }

  async prune(keepMs: number): Promise<number> {
    const isDue = await this.#run.read((now) => hasOldNotification(this.#db, keepMs, now))
    return isDue ? this.#run.write((now) => pruneNotifications(this.#db, keepMs, now)) : 0
  }
}
