import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { TooManyAttemptsError } from '../auth/sessions.ts'
import { AlreadyRunningError, BackbeatError, type InputIssue, InvalidInputError } from '../errors.ts'
import { storableText } from '../text.ts'
import type { Links } from './links.ts'
import { InvalidRequestError, MethodNotAllowedError } from './request-errors.ts'
import type { Problem } from './schemas/problem.ts'

const MAX_DETAIL_LENGTH = 2000
const MAX_ISSUES = 100
const MAX_ISSUE_LENGTH = 500

/** Turns what was thrown into an answer of RFC 9457. */
export class ProblemWriter {
  readonly #links: Links
  readonly #logger: Logger

  constructor(links: Links, logger: Logger) {
    this.#links = links
    this.#logger = logger
  }

  /** Errors with a code say what they are. Anything else is logged, and the answer tells nothing of it. */
  write(c: Context, thrown: unknown): Response {
    const problem = thrown instanceof BackbeatError ? this.#problemOf(thrown) : unexpectedProblem()
    if (problem.status >= 500) {
      const about = {
        instance: problem.instance,
        request_id: c.get('requestId'),
        method: c.req.method,
        path: c.req.path,
      }
      this.#logger.error({ err: thrown, ...about }, 'A request failed')
    }
    // What is left of the body is not read, so the server ends the connection; without this a client would use it again.
    if (problem.status === 413) c.header('Connection', 'close')
    if (problem.status === 401) c.header('WWW-Authenticate', 'Bearer')
    if (thrown instanceof TooManyAttemptsError) c.header('Retry-After', String(thrown.retryAfterSeconds))
    if (thrown instanceof MethodNotAllowedError) c.header('Allow', thrown.allowed.join(', '))
    return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
      'Content-Type': 'application/problem+json',
    })
  }

  #problemOf(error: BackbeatError): Problem {
    const problem = problemWith(error.code, error.status, error.message)
    if (error instanceof InvalidInputError || error instanceof InvalidRequestError) {
      problem.errors = error.issues.slice(0, MAX_ISSUES).map(presentIssue)
    }
    if (error instanceof AlreadyRunningError) {
      problem.active_job_id = error.activeJobId
      problem.status_url = this.#links.job(error.activeJobId)
    }
    return problem
  }
}

function problemWith(code: string, status: number, detail: string): Problem {
  return {
    type: `/problems/${code}`,
    title: titleOf(code),
    status,
    detail: storableText(detail, MAX_DETAIL_LENGTH),
    code,
  }
}

function unexpectedProblem(): Problem {
  const detail = 'Something went wrong on our side, and it was logged. Quote the instance when you report it.'
  return { ...problemWith('internal_error', 500, detail), instance: `urn:uuid:${uuidv7()}` }
}

/** `already_running` reads "Already running": the same for every occurrence, as the RFC wants it. */
function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function presentIssue({ path, message }: InputIssue) {
  const joined = path.join('.')
  return {
    path: storableText(joined, MAX_ISSUE_LENGTH),
    // A pointer that is cut would point elsewhere.
    ...(joined.length <= MAX_ISSUE_LENGTH && { pointer: pointerTo(path) }),
    message: storableText(message, MAX_ISSUE_LENGTH),
  }
}

/** A JSON pointer as a URI fragment, RFC 6901 section 6. */
function pointerTo(path: InputIssue['path']): string {
  const segments = path.map((key) => String(key).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'))
  return ['#', ...segments.map(encodeURIComponent)].join('/')
}
