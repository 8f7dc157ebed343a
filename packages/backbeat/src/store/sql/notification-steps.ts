import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { Notification, NotificationFilter, NotificationReader } from '../notification-records.ts'
import type { Page, PageRequest } from '../paging.ts'
import { firstOf, later, type Now, rowsOf } from './access-steps.ts'
import { decodeCursor, pageOf } from './cursor.ts'
import { EVERYONE, type NotificationReadsTable, type NotificationsTable } from './notification-tables.ts'
import type { Steps } from './steps.ts'
import type { Tables } from './tables.ts'
import { taskMatches } from './task-patterns.ts'
import { storableName } from './values.ts'

/** Among so many of the latest those that are unread are counted, however many there are. */
const COUNTED = 1000
/** So many at most in one transaction, so that nobody waits long for it. */
const PRUNED_AT_ONCE = 1000

const READ_KEY = ['reader', 'notification_id'] as const
const READ_COLUMNS = [...READ_KEY, 'read_count', 'dismissed_count', 'read_at'] as const
/** What has been read once stays so, whichever of two requests is written last. */
const FURTHER = {
  read_count: higher('read_count'),
  dismissed_count: higher('dismissed_count'),
  read_at: sql<number>`excluded.read_at`,
}

function higher(column: 'read_count' | 'dismissed_count') {
  const known = sql.ref(`backbeat_notification_reads.${column}`)
  const given = sql.ref(`excluded.${column}`)
  return sql<number>`CASE WHEN ${given} > ${known} THEN ${given} ELSE ${known} END`
}

/** A notification, how far the reader has read it, and those of its jobs that are the reader's own. */
type Joined = { note: NotificationsTable; read: NotificationReadsTable | null; own: NotificationsTable | null }
type Builder = ExpressionBuilder<Joined, keyof Joined>

export function* listNotifications(
  db: Kysely<Tables>,
  reader: NotificationReader,
  filter: NotificationFilter,
  page: PageRequest,
): Steps<Page<Notification>> {
  let query = shown(db, reader)
    .orderBy('note.last_at', 'desc')
    .orderBy('note.id', 'desc')
    .limit(page.limit + 1)
  if (filter.unread) query = query.where(isUnread)
  if (filter.mine) query = query.where('own.id', 'is not', null)
  if (page.cursor !== undefined) {
    const [at, id] = decodeCursor(page.cursor, ['number', 'number'])
    query = query.where((note) =>
      note.or([note('note.last_at', '<', at), note.and([note('note.last_at', '=', at), note('note.id', '<', id)])]),
    )
  }
  const rows = yield* rowsOf(query)
  return pageOf(rows, page.limit, notificationOf, ({ last_at, id }) => [last_at, id])
}

export function* countUnread(db: Kysely<Tables>, reader: NotificationReader): Steps<number> {
  const latest = visible(db, reader)
    .select(['note.count', 'read.read_count'])
    .orderBy('note.last_at', 'desc')
    .orderBy('note.id', 'desc')
    .limit(COUNTED)
  const row = yield* firstOf(
    db
      .selectFrom(latest.as('latest'))
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where(sql<boolean>`latest.count > coalesce(latest.read_count, 0)`),
  )
  return Number(row?.count ?? 0)
}

export function* markRead(
  db: Kysely<Tables>,
  reader: NotificationReader,
  id: number,
  upTo: number | null,
  now: Now,
): Steps<Notification | undefined> {
  const found = yield* firstOf(visible(db, reader).select(['note.id', 'note.count']).where('note.id', '=', id))
  if (!found) return undefined
  yield* noteRead(db, reader, id, Math.min(found.count, upTo ?? found.count), 0, now)
  const row = yield* firstOf(shown(db, reader).where('note.id', '=', id))
  return row && notificationOf(row)
}

export function* dismiss(db: Kysely<Tables>, reader: NotificationReader, id: number, now: Now): Steps<boolean> {
  const found = yield* firstOf(visible(db, reader).select(['note.id', 'note.count']).where('note.id', '=', id))
  if (!found) return false
  yield* noteRead(db, reader, id, found.count, found.count, now)
  return true
}

export function* markAllRead(
  db: Kysely<Tables>,
  reader: NotificationReader,
  until: number | null,
  now: Now,
): Steps<number> {
  let unread = visible(db, reader)
    .select([
      sql.val(storableName(reader.name)).as('reader'),
      'note.id',
      'note.count',
      sql<number>`0`.as('dismissed_count'),
      sql<number>`${now}`.as('read_at'),
    ])
    .where(isUnread)
    // In one order for all, so that two who read at once do not wait for each other.
    .orderBy('note.id')
  if (until !== null) unread = unread.where('note.last_at', '<=', until)
  const read = yield* rowsOf(
    db
      .insertInto('backbeat_notification_reads')
      .columns(READ_COLUMNS)
      .expression(unread)
      .onConflict((conflict) => conflict.columns(READ_KEY).doUpdateSet(FURTHER))
      .returning('notification_id'),
  )
  return read.length
}

/** Whether there is anything to prune, so that nothing is written where there is not. */
export function* hasOldNotification(db: Kysely<Tables>, keepMs: number, now: Now): Steps<boolean> {
  const query = db.selectFrom('backbeat_notifications').select('id').where('last_at', '<', later(now, -keepMs)).limit(1)
  return (yield* firstOf(query)) !== undefined
}

export function* pruneNotifications(db: Kysely<Tables>, keepMs: number, now: Now): Steps<number> {
  const old = db
    .selectFrom('backbeat_notifications')
    .select('id')
    .where('last_at', '<', later(now, -keepMs))
    .orderBy('last_at')
    .limit(PRUNED_AT_ONCE)
  // Asked for again of the row itself: what has happened meanwhile keeps it.
  const pruned = yield* rowsOf(
    db
      .deleteFrom('backbeat_notifications')
      .where('id', 'in', old)
      .where('last_at', '<', later(now, -keepMs))
      .returning('id'),
  )
  const ids = pruned.map(({ id }) => id)
  if (ids.length > 0) {
    yield* rowsOf(db.deleteFrom('backbeat_notification_reads').where('notification_id', 'in', ids))
  }
  return ids.length
}

function* noteRead(
  db: Kysely<Tables>,
  { name }: NotificationReader,
  id: number,
  readCount: number,
  dismissedCount: number,
  now: Now,
): Steps<void> {
  yield* rowsOf(
    db
      .insertInto('backbeat_notification_reads')
      .values({
        reader: storableName(name),
        notification_id: id,
        read_count: readCount,
        dismissed_count: dismissedCount,
        read_at: now,
      })
      .onConflict((conflict) => conflict.columns(READ_KEY).doUpdateSet(FURTHER)),
  )
}

function shown(db: Kysely<Tables>, reader: NotificationReader) {
  return visible(db, reader).select([
    'note.id',
    'note.fingerprint',
    'note.task_type',
    'note.status',
    'note.error_type',
    'note.message',
    'note.count',
    'note.first_job_id',
    'note.last_job_id',
    'note.first_at',
    'note.last_at',
    'read.read_count',
    'read.read_at',
    'own.count as own_count',
    'own.last_job_id as own_last_job_id',
    'own.last_at as own_last_at',
  ])
}

/** Those that a reader sees and has not dismissed. */
function visible(db: Kysely<Tables>, reader: NotificationReader) {
  const name = storableName(reader.name)
  return db
    .selectFrom('backbeat_notifications as note')
    .leftJoin('backbeat_notification_reads as read', (join) =>
      join.onRef('read.notification_id', '=', 'note.id').on('read.reader', '=', name),
    )
    .leftJoin('backbeat_notifications as own', (join) =>
      join
        .onRef('own.task_type', '=', 'note.task_type')
        .onRef('own.fingerprint', '=', 'note.fingerprint')
        .on('own.addressee', '=', name),
    )
    .where((note) => concerns(note, reader))
    .where(sql<boolean>`note.count > coalesce(read.dismissed_count, 0)`)
}

/** Who may see jobs of a task sees what all are told of it; of other tasks one sees what became of one's own jobs. */
function concerns(note: Builder, { name, scope }: NotificationReader): Expression<SqlBool> {
  const toEveryone = note('note.addressee', '=', EVERYONE)
  if (scope === null) return toEveryone
  const toReader = note('note.addressee', '=', storableName(name))
  if (scope.tasks.length === 0) return toReader
  const seesTask = note.or(taskMatches(scope.tasks, 'note.task_type'))
  return note.or([note.and([toEveryone, seesTask]), note.and([toReader, note.not(seesTask)])])
}

const isUnread = sql<boolean>`note.count > coalesce(read.read_count, 0)`

type Shown = Pick<
  NotificationsTable,
  | 'fingerprint'
  | 'task_type'
  | 'status'
  | 'error_type'
  | 'message'
  | 'count'
  | 'first_job_id'
  | 'last_job_id'
  | 'first_at'
  | 'last_at'
> & {
  id: number
  read_count: number | null
  read_at: number | null
  own_count: number | null
  own_last_job_id: string | null
  own_last_at: number | null
}

function notificationOf(row: Shown): Notification {
  const { own_count: count, own_last_job_id: lastJobId, own_last_at: lastAt } = row
  return {
    id: row.id,
    fingerprint: row.fingerprint,
    taskType: row.task_type,
    status: row.status,
    errorType: row.error_type,
    message: row.message,
    count: row.count,
    unreadCount: Math.max(0, row.count - (row.read_count ?? 0)),
    firstJobId: row.first_job_id,
    lastJobId: row.last_job_id,
    firstAt: row.first_at,
    lastAt: row.last_at,
    readAt: row.read_at,
    yours: count === null || lastJobId === null || lastAt === null ? null : { count, lastJobId, lastAt },
  }
}
