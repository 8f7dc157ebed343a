import { BackbeatError, UnknownJobError } from '../errors.ts'
import type { JobSummary } from '../job/job.ts'
import { matchesAny } from '../task/patterns.ts'
import { includes, type Permission } from './permissions.ts'
import { type Principal, starterName } from './principal.ts'

/** As much of a job as decides who may see it. */
export type AccessedJob = Pick<JobSummary, 'id' | 'taskType' | 'triggeredBy'>

/** Which jobs somebody sees: those of some tasks, and those that they started. */
export interface JobScope {
  /** Patterns of the tasks. */
  tasks: readonly string[]
  /** A job's `triggered_by`. */
  startedBy: string
}

/** Whether a permission is held, for any task at all. */
function holds(principal: Principal, permission: Permission): boolean {
  return includes(principal.permission, permission)
}

/** The jobs that a principal may see; `null` for every job. Lists pass it on to the store. */
export function scopeOf(principal: Principal): JobScope | null {
  const views = holds(principal, 'background_tasks.view')
  if (views && principal.tasks === null) return null
  return { tasks: views ? (principal.tasks ?? []) : [], startedBy: starterName(principal) }
}

/** Who started a job may see it, whatever else they may. */
export function mayView(principal: Principal, job: AccessedJob): boolean {
  const scope = scopeOf(principal)
  return scope === null || matchesAny(scope.tasks, job.taskType) || job.triggeredBy === scope.startedBy
}

export function mayManage(principal: Principal, job: Pick<AccessedJob, 'taskType'>): boolean {
  return holds(principal, 'background_tasks.manage') && concerns(principal, job.taskType)
}

export function mayStart(principal: Principal, taskType: string): boolean {
  return mayManage(principal, { taskType }) || matchesAny(principal.starts, taskType)
}

/** @throws BackbeatError `forbidden` */
export function requirePermission(principal: Principal, permission: Permission): void {
  if (holds(principal, permission)) return
  const held = principal.permission ?? 'no permission'
  throw forbidden(
    `This needs ${permission}, and ${starterName(principal)} has ${held}. Ask an administrator for a role or token that includes it.`,
  )
}

/** For what concerns every task. @throws BackbeatError `forbidden` */
export function requireEveryTask(principal: Principal): void {
  if (principal.tasks === null) return
  throw forbidden(
    `This concerns every task, and ${starterName(principal)} is limited to ${principal.tasks.join(', ')}. Use one that is not limited.`,
  )
}

/** @throws BackbeatError `forbidden` */
export function requireStart(principal: Principal, taskType: string): void {
  if (mayStart(principal, taskType)) return
  throw forbidden(
    `${starterName(principal)} may not start ${taskType}. That needs background_tasks.manage, and where a token is limited to some tasks, one that matches. Ask an administrator.`,
  )
}

/** For choosing how a job of the task is run. @throws BackbeatError `forbidden` */
export function requireManageOf(principal: Principal, taskType: string): void {
  if (mayManage(principal, { taskType })) return
  throw forbidden(
    `${starterName(principal)} may start ${taskType}, and not choose its queue, priority or delay: that needs background_tasks.manage. Leave them out.`,
  )
}

/** A job that may not be seen is answered as one that does not exist. @throws UnknownJobError */
export function requireView(principal: Principal, job: AccessedJob): void {
  if (!mayView(principal, job)) throw new UnknownJobError(job.id)
}

/** @throws UnknownJobError, and BackbeatError `forbidden` where it may be seen and not changed */
export function requireManage(principal: Principal, job: AccessedJob): void {
  requireView(principal, job)
  requirePermission(principal, 'background_tasks.manage')
  if (mayManage(principal, job)) return
  throw forbidden(`${starterName(principal)} may read job ${job.id}, and not change it: it is limited to other tasks.`)
}

function concerns(principal: Principal, taskType: string): boolean {
  return principal.tasks === null || matchesAny(principal.tasks, taskType)
}

function forbidden(message: string): BackbeatError {
  return new BackbeatError('forbidden', message, { status: 403 })
}
