/** Where triggering a task is asked for. Braces mark parameters, as OpenAPI writes them. */
export const TASK_PATH = '/api/v1/{domain}/{action}'
export const JOBS_PATH = '/api/v1/admin/background-tasks'
export const QUEUES_PATH = `${JOBS_PATH}/queues` as const
export const WORKERS_PATH = `${JOBS_PATH}/workers` as const
export const NOTIFICATIONS_PATH = `${JOBS_PATH}/notifications` as const
export const SESSION_PATH = '/api/v1/admin/session'
export const USERS_PATH = '/api/v1/admin/users'
export const TOKENS_PATH = '/api/v1/admin/tokens'
export const AUDIT_LOG_PATH = '/api/v1/admin/audit-log'
export const JOB_PATH = `${JOBS_PATH}/{job_id}` as const

/** The URLs that answers point to. The only place that knows below which path the API is mounted. */
export class Links {
  readonly #prefix: string

  /** @param basePath what comes before `/api`, with a leading and without a trailing slash; empty at the root */
  constructor(basePath: string) {
    this.#prefix = basePath.replace(/\/+$/, '')
  }

  get root(): string {
    return this.#prefix || '/'
  }

  /** Where a job of the task is asked for. */
  task(name: string): string {
    return `${this.#prefix}/api/v1/${name.replace('.', '/').replaceAll('_', '-')}`
  }

  job(id: string): string {
    return `${this.#prefix}${JOBS_PATH}/${id}`
  }

  items(id: string): string {
    return `${this.job(id)}/items`
  }

  /** Everything that can be asked about a job or done to it. */
  ofJob(id: string) {
    const self = this.job(id)
    return {
      self,
      items: this.items(id),
      failed_items: `${this.items(id)}?status=failed`,
      logs: `${self}/logs`,
      attempts: `${self}/attempts`,
      retry: `${self}/retry`,
      retry_failed_items: `${self}/retry-failed-items`,
      cancel: `${self}/cancel`,
      explain: `${self}/explain`,
      events: `${self}/events`,
    }
  }
}
