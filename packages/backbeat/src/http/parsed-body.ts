import type { z } from '@hono/zod-openapi'
import { readOptionalJson } from './body.ts'
import { InvalidRequestError } from './request-errors.ts'
import { issuesOf } from './zod-issues.ts'

/**
 * The body of a request that may be left out, as the schema gives it.
 *
 * @throws what {@link readOptionalJson} throws, and InvalidRequestError with a path for each value
 */
export async function parsedBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<z.infer<Schema>> {
  const parsed = schema.safeParse(await readOptionalJson(request, maxBytes))
  if (!parsed.success) throw new InvalidRequestError('invalid_input', issuesOf(parsed.error))
  return parsed.data
}
