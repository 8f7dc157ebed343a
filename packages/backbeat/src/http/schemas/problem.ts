import { z } from '@hono/zod-openapi'

/** RFC 9457, with a stable `code` and what some codes add. */
export const problemSchema = z
  .object({
    type: z.string().openapi({ format: 'uri-reference', example: '/problems/unknown_job' }),
    title: z.string().openapi({ example: 'Unknown job' }),
    status: z.int().min(400).max(599).openapi({ example: 404 }),
    detail: z.string().openapi({ description: 'What was wrong, and what to do about it.' }),
    code: z.string().openapi({ description: 'Stable; safe to compare against.', example: 'unknown_job' }),
    instance: z
      .string()
      .optional()
      .openapi({ description: 'With `internal_error`: what the log calls this occurrence.' }),
    errors: z
      .array(
        z.object({
          path: z.string().openapi({ description: 'Keys joined by dots; empty for the whole.', example: 'rows.0.sku' }),
          pointer: z.string().optional().openapi({
            description: 'The same as a JSON pointer in a URI fragment; absent where it would be very long.',
            example: '#/rows/0/sku',
          }),
          message: z.string(),
        }),
      )
      .optional()
      .openapi({ description: 'With status 422: each value that is wrong; the first hundred.' }),
    active_job_id: z.string().optional().openapi({ description: 'With `already_running`: the job in the way.' }),
    status_url: z.string().optional().openapi({ description: 'With `already_running`: where to watch that job.' }),
  })
  .openapi('Problem')

export type Problem = z.infer<typeof problemSchema>

const MEANINGS = {
  400: 'The body is not JSON.',
  401: 'Nobody is signed in, and there is no valid token.',
  403: 'Who asks is known, and may not do this.',
  404: 'Nothing of that name or id.',
  409: 'The state of what is asked for, or another active job, does not allow it.',
  413: 'The body is too large.',
  415: 'The body is not of the type application/json.',
  422: 'Some values cannot be accepted; each is named in `errors`.',
  429: 'Too many tries; `Retry-After` says when to try again.',
  500: 'Something unexpected; it was logged.',
  503: 'The store cannot be reached or written to.',
} as const

type Status = keyof typeof MEANINGS
type ProblemResponse = {
  description: string
  content: { 'application/problem+json': { schema: typeof problemSchema } }
}

/** The error answers of a route, for its OpenAPI operation. */
export function problems<const S extends Status>(...statuses: S[]): Record<S, ProblemResponse> {
  const responses = statuses.map((status): [S, ProblemResponse] => [
    status,
    { description: MEANINGS[status], content: { 'application/problem+json': { schema: problemSchema } } },
  ])
  return Object.fromEntries(responses) as Record<S, ProblemResponse>
}
