/**
 * A typed client of the HTTP API. Runs wherever there is `fetch`: Node, browsers, React.
 *
 * @example
 * import { createBackbeatClient } from 'backbeat/client'
 */
export { BackbeatApiError } from './api-error.ts'
export { BackbeatClient, createBackbeatClient, type TriggerOptions, type WaitOptions } from './backbeat-client.ts'
export type { ClientOptions, RequestOptions } from './requests.ts'
export type * from './types.ts'
