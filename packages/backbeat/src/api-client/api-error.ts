import type { Problem } from './types.ts'

/**
 * An answer that is an error. `code` is stable and safe to compare against; `message` says what was
 * wrong and what to do.
 *
 * @example
 * if (error instanceof BackbeatApiError && error.code === 'already_running') show(error.problem.active_job_id)
 */
export class BackbeatApiError extends Error {
  override readonly name = 'BackbeatApiError'
  readonly status: number
  readonly code: string
  /** The whole answer, of RFC 9457. */
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.status = problem.status
    this.code = problem.code
    this.problem = problem
  }
}

/** What an answer that is not of the API, such as a proxy's, stands for. */
export function unexpectedAnswer(response: Response): BackbeatApiError {
  return new BackbeatApiError({
    type: '/problems/unexpected_answer',
    title: 'Unexpected answer',
    status: response.status,
    code: 'unexpected_answer',
    detail: `${response.url || 'The server'} answered ${response.status} with something that is not of this API. Check baseUrl, and what stands in between.`,
  })
}
