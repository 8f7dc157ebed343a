/**
 * A typed client of the HTTP API. Runs wherever there is `fetch`: Node, browsers, React.
 *
 * @example
 * import { createBackbeatClient } from 'backbeat/client'
 */

export type { AccessClient } from './access-client.ts'
export { BackbeatApiError } from './api-error.ts'
export { BackbeatClient, createBackbeatClient, type TriggerOptions, type WaitOptions } from './backbeat-client.ts'
export type { FollowOptions } from './followed-jobs.ts'
export type { NotificationsClient } from './notifications-client.ts'
export type { ClientOptions, RequestOptions } from './requests.ts'
export type * from './types.ts'
