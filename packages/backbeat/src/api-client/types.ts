import type { z } from '@hono/zod-openapi'
import type { credentialsBody, sessionSchema } from '../http/schemas/access.ts'
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
  errorGroupSchema,
  errorGroupsSchema,
  explanationSchema,
  queueChange,
  queueSchema,
  settingsSchema,
  taskSchema,
  workerSchema,
  workersSchema,
} from '../http/schemas/operations.ts'
import type { problemSchema } from '../http/schemas/problem.ts'
import type { errorsQuery, itemListQuery, jobListQuery, statsQuery } from '../http/schemas/requests.ts'
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
export type Queue = z.infer<typeof queueSchema>
export type QueueChange = z.input<typeof queueChange>
export type Worker = z.infer<typeof workerSchema>
export type Workers = z.infer<typeof workersSchema>
export type Task = z.infer<typeof taskSchema>
export type Stats = z.infer<typeof statsSchema>
export type ErrorGroup = z.infer<typeof errorGroupSchema>
export type ErrorGroups = z.infer<typeof errorGroupsSchema>
export type Explanation = z.infer<typeof explanationSchema>
export type Settings = z.infer<typeof settingsSchema>
export type BulkRequest = z.input<typeof bulkBody>
export type BulkResult = z.infer<typeof bulkResultSchema>
export type Credentials = z.input<typeof credentialsBody>
/** Who asks, and what they may do. */
export type Session = z.infer<typeof sessionSchema>
export type Problem = z.infer<typeof problemSchema>

/** What may stand for a parameter: numbers and times need not be written out. */
type Parameter<Value> = Value | number | Date
type Query<Schema extends z.ZodType> = { [Name in keyof z.input<Schema>]?: Parameter<z.input<Schema>[Name]> }

export type JobQuery = Query<typeof jobListQuery>
export type ItemQuery = Query<typeof itemListQuery>
export type ErrorQuery = Query<typeof errorsQuery>
export type StatsQuery = Query<typeof statsQuery>
