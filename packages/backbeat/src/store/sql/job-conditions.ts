import { type ExpressionBuilder, sql } from 'kysely'
import { isResting } from '../../job/states.ts'
import type { JobFilter, JobScope } from '../store.ts'
import type { SqlDialect } from './dialect.ts'
import type { Tables } from './tables.ts'
import { taskMatches, taskMatchesOne } from './task-patterns.ts'
import { isPattern } from './task-types.ts'
import { storableName } from './values.ts'

type JobExpression = ExpressionBuilder<Tables, 'backbeat_jobs'>

/** Whether a filter asks for more than an index of states and tasks can tell by itself. */
export function looksAtJobs({ taskType, status, queue, q, tag, triggeredBy, from, to, scope }: JobFilter): boolean {
  const asked = [queue, q, tag, triggeredBy, from, to, scope ?? undefined]
  // There is an index of rare outcomes, and one of tasks, and none of both.
  const isOfBoth = taskType !== undefined && status?.some((one) => isResting(one) && one !== 'completed') === true
  return isOfBoth || isPattern(taskType) || asked.some((one) => one !== undefined)
}

/** What the filter asks for, but for the states and the text. */
export function conditions(job: JobExpression, dialect: SqlDialect, filter: JobFilter) {
  const { taskType, queue, tag, triggeredBy, from, to, scope } = filter
  return [
    taskType !== undefined &&
      (isPattern(taskType) ? taskMatchesOne(taskType) : job('task_type', '=', storableName(taskType))),
    queue !== undefined && job('queue', '=', storableName(queue)),
    triggeredBy !== undefined && job('triggered_by', '=', storableName(triggeredBy)),
    from !== undefined && job('created_at', '>=', from),
    to !== undefined && job('created_at', '<', to),
    scope && inScope(job, scope),
    tag !== undefined && anyTag(job, dialect, sql`value = ${storableName(tag)}`),
  ].filter((condition) => typeof condition === 'object' && condition !== null)
}

/** Whether the error or a tag of a job mentions a text: what the search index holds. */
export function mentionsIt(job: JobExpression, dialect: SqlDialect, text: string) {
  return sql<boolean>`(CASE WHEN ${job.or([
    dialect.contains(job.ref('error_message'), text),
    anyTag(job, dialect, dialect.contains(sql<string>`value`, text)),
  ])} THEN 1 ELSE 0 END) = 1`
}

/** Whether the job's task or its id has a text in it. */
export function isNamedSo(job: JobExpression, dialect: SqlDialect, text: string, mayBeInId: boolean) {
  const inTask = dialect.contains(job.ref('task_type'), text)
  return mayBeInId ? job.or([inTask, dialect.contains(job.ref('id'), text)]) : inTask
}

/** The condition that somebody may see a job. */
function inScope(job: JobExpression, { tasks, startedBy }: JobScope) {
  return job.or([job('triggered_by', '=', storableName(startedBy)), ...taskMatches(tasks)])
}

function anyTag(job: JobExpression, dialect: SqlDialect, condition: ReturnType<typeof sql>) {
  const entries = dialect.entriesOf(job.ref('tags'))
  return sql<boolean>`(tags <> '[]' AND EXISTS (SELECT 1 FROM ${entries} WHERE ${condition}))`
}
