import type { z } from '@hono/zod-openapi'
import type {
  auditEntrySchema,
  auditPageSchema,
  createdTokenSchema,
  credentialsBody,
  newTokenBody,
  newUserBody,
  passwordChangeBody,
  sessionSchema,
  tokenSchema,
  userChangeBody,
  userSchema,
} from '../http/schemas/access.ts'
import type { bulkBody, bulkResultSchema } from '../http/schemas/bulk.ts'
import type {
  attemptSchema,
  itemSchema,
  jobDetailSchema,
  jobPageSchema,
  jobSchema,
  jobSummarySchema,
  logLineSchema,
} from '../http/schemas/job.ts'
import type {
  notificationPageSchema,
  notificationQuery,
  notificationSchema,
  readAllSchema,
} from '../http/schemas/notifications.ts'
import type {
  errorGroupSchema,
  errorGroupsSchema,
  explanationSchema,
  healthSchema,
  queueChange,
  queueSchema,
  settingsSchema,
  taskSchema,
  workerSchema,
  workersSchema,
} from '../http/schemas/operations.ts'
import type { problemSchema } from '../http/schemas/problem.ts'
import type {
  auditLogQuery,
  errorsQuery,
  eventsQuery,
  itemListQuery,
  jobListQuery,
  logQuery,
  statsQuery,
} from '../http/schemas/requests.ts'
import type { statsSchema } from '../http/schemas/stats.ts'
import type { acceptedSchema, retryAcceptedSchema } from '../http/schemas/trigger.ts'

// Everything here is inferred from the schemas that the server answers by.

export type Accepted = z.infer<typeof acceptedSchema>
export type RetryAccepted = z.infer<typeof retryAcceptedSchema>
export type JobSummary = z.infer<typeof jobSummarySchema>
export type Job = z.infer<typeof jobSchema>
export type JobDetail = z.infer<typeof jobDetailSchema>
export type JobPage = z.infer<typeof jobPageSchema>
export type Attempt = z.infer<typeof attemptSchema>
export type Item = z.infer<typeof itemSchema>
export type LogLine = z.infer<typeof logLineSchema>
export interface LogPage {
  items: LogLine[]
  next_cursor: string | null
}
export type Queue = z.infer<typeof queueSchema>
export type QueueChange = z.input<typeof queueChange>
export type Worker = z.infer<typeof workerSchema>
export type Workers = z.infer<typeof workersSchema>
export type Task = z.infer<typeof taskSchema>
export type Stats = z.infer<typeof statsSchema>
export type ErrorGroup = z.infer<typeof errorGroupSchema>
export type ErrorGroups = z.infer<typeof errorGroupsSchema>
export type Notification = z.infer<typeof notificationSchema>
export type NotificationPage = z.infer<typeof notificationPageSchema>
export type NotificationsMarked = z.infer<typeof readAllSchema>
export type Explanation = z.infer<typeof explanationSchema>
export type Health = z.infer<typeof healthSchema>
export type Settings = z.infer<typeof settingsSchema>
export type BulkRequest = z.input<typeof bulkBody>
export type BulkResult = z.infer<typeof bulkResultSchema>
export type Credentials = z.input<typeof credentialsBody>
export type Session = z.infer<typeof sessionSchema>
export type PasswordChange = z.input<typeof passwordChangeBody>
export type User = z.infer<typeof userSchema>
export type NewUser = z.input<typeof newUserBody>
export type UserChange = z.input<typeof userChangeBody>
export type Token = z.infer<typeof tokenSchema>
export type NewToken = z.input<typeof newTokenBody>
export type CreatedToken = z.infer<typeof createdTokenSchema>
export type AuditEntry = z.infer<typeof auditEntrySchema>
export type AuditPage = z.infer<typeof auditPageSchema>
export type Problem = z.infer<typeof problemSchema>

/** What may stand for a parameter: numbers and times need not be written out. */
type Parameter<Value> = Value | number | Date
type Query<Schema extends z.ZodType> = { [Name in keyof z.input<Schema>]?: Parameter<z.input<Schema>[Name]> }

export type JobQuery = Query<typeof jobListQuery>
export type ItemQuery = Query<typeof itemListQuery>
export type LogQuery = Query<typeof logQuery>
export type ErrorQuery = Query<typeof errorsQuery>
export type StatsQuery = Query<typeof statsQuery>
/** `unread` and `mine` leave out what is read, and where no job of one's own is among them. */
export type NotificationQuery = Omit<Query<typeof notificationQuery>, 'unread' | 'mine'> & {
  unread?: boolean
  mine?: boolean
}
export type AuditQuery = Query<typeof auditLogQuery>
export type EventQuery = Omit<Query<typeof eventsQuery>, 'last_event_id'>

/** What happened to a job that is followed. `id` is where to go on from, should you have to begin anew. */
export type JobEvent =
  /** You begin here: load the list now, then apply what follows. Sent once, unless you said where to go on. */
  | { type: 'ready'; id: string }
  /** A job that changed, as it is now. */
  | { type: 'job'; id: string; job: JobSummary }
  /** A job that may have been in one of the states that you asked for, and is in another one now. */
  | { type: 'left'; id: string; job: Pick<JobSummary, 'id' | 'status'> }
  /** Events are missing: load the list again and go on. */
  | { type: 'reset'; id: string }
