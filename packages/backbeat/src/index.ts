/**
 * Background tasks that say what they are doing.
 *
 * @example
 * import { createBackbeat, task } from 'backbeat'
 */
export type { HostPrincipal } from './access/host-principal.ts'
export type { Permission, Role } from './access/permissions.ts'
export type { ResourceFactories } from './application.ts'
export type { AccessControl } from './auth/access-control.ts'
export { Backbeat, createBackbeat } from './backbeat.ts'
export type { BackbeatOptions } from './backbeat-options.ts'
export type { ByteSize } from './byte-size.ts'
export type { Client, JobHandle } from './client/client.ts'
export type { EnqueueOptions } from './client/new-job.ts'
export type { Duration } from './duration.ts'
export {
  AlreadyRunningError,
  BackbeatError,
  HardTimeLimitError,
  IllegalStateError,
  type InputIssue,
  InvalidInputError,
  JobCancelledError,
  LeaseLostError,
  ShutdownError,
  SoftTimeLimitError,
  TransientError,
  UnknownJobError,
  UnknownTaskError,
  UnknownWorkerError,
} from './errors.ts'
export type { EventFilter } from './events/event-filter.ts'
export type { EventHub } from './events/hub.ts'
export type { JobEvent, Listener } from './events/listener.ts'
export type {
  Attempt,
  AttemptOutcome,
  Item,
  ItemCounts,
  Job,
  JobSummary,
  LogLevel,
  LogLine,
  RecordedError,
  RetryScope,
} from './job/job.ts'
export type { NotifiableStatus } from './job/notification.ts'
export { isResting, STATUSES, type Status } from './job/states.ts'
export type { Json } from './json.ts'
export type { WorkerSettings } from './local-settings.ts'
export {
  AddressNotAllowedError,
  createGuardedFetch,
  type GuardedFetch,
  type GuardOptions,
  guardedFetch,
} from './net/guarded-fetch.ts'
export { type FetchServer, type NodeHandler, toNodeHandler } from './node-handler.ts'
export type {
  ItemFilter,
  JobFilter,
  Page,
  PageRequest,
  QueueState,
  Transaction,
  WorkerRecord,
  WorkerState,
} from './store/store.ts'
export type {
  ItemFunction,
  ItemInfo,
  ItemOptions,
  ItemSource,
  ItemsSummary,
  Resources,
  RunningJobInfo,
  TaskContext,
  TaskLog,
  TaskTransaction,
} from './task/context.ts'
export { type AnyTask, type PoolKind, type Task, type TaskOptions, type TaskResult, task } from './task/define.ts'
export type { LimitOptions } from './task/limits.ts'
export type { NotificationOptions } from './task/notify.ts'
export type { ConcurrencyOptions, RateOptions, RestrictionOptions } from './task/restrictions.ts'
export type { RetryOptions, TransientErrors } from './task/retry.ts'
export type { UniqueOptions } from './task/unique.ts'
export { cancel, fail, snooze, type Verdict, warn } from './task/verdict.ts'
export type { WorkerStats } from './worker/stats.ts'
