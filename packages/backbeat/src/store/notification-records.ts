import type { JobScope } from '../access/decisions.ts'
import type { NotifiableStatus, RaisedNotification } from '../job/notification.ts'
import type { Page, PageRequest } from './paging.ts'

/**
 * What people are told of all jobs that came to rest for one reason. The next of them does not make
 * another: it is counted, and the notification is unread again.
 */
export interface Notification extends RaisedNotification {
  id: number
  taskType: string
  /** That of the latest job. */
  status: NotifiableStatus
  /** How many jobs there were. */
  count: number
  /** How many of them the reader has not read of; 0 where it is read. */
  unreadCount: number
  firstJobId: string
  lastJobId: string
  firstAt: number
  lastAt: number
  /** When the reader last read it; `null` for never. */
  readAt: number | null
  /** Those of the jobs that the reader started; `null` where there is none. */
  yours: { count: number; lastJobId: string; lastAt: number } | null
}

/** Who reads. What one has read, others may not have. */
export interface NotificationReader {
  /** As a job's `triggered_by` names who started it. */
  name: string
  /** Which jobs they see; `null` for every job. */
  scope: JobScope | null
}

export interface NotificationFilter {
  /** Only what is not read. */
  unread?: boolean
  /** Only where a job was among them that the reader started. */
  mine?: boolean
}

/** What people are told of jobs that came to rest. Settling writes it; here it is read. */
export interface NotificationRecords {
  /** The latest first. What was dismissed is left out until it happens again. */
  list(reader: NotificationReader, filter: NotificationFilter, page: PageRequest): Promise<Page<Notification>>
  /** How many of the latest thousand are unread. */
  countUnread(reader: NotificationReader): Promise<number>
  /**
   * Marks one as read.
   *
   * @param upTo how many of its jobs were seen, so that one that came in between stays unread; `null` for all
   * @returns it, or `undefined` where the reader sees none of that id
   */
  markRead(reader: NotificationReader, id: number, upTo: number | null): Promise<Notification | undefined>
  /**
   * Marks all as read, and answers how many were not.
   *
   * @param until only what happened by then, in milliseconds since 1970; `null` for all
   */
  markAllRead(reader: NotificationReader, until: number | null): Promise<number>
  /** Leaves one out of the reader's list until it happens again; `false` where they see none of that id. */
  dismiss(reader: NotificationReader, id: number): Promise<boolean>
  /** Removes what has not happened for `keepMs`, a bounded number at once; answers how many. */
  prune(keepMs: number): Promise<number>
}
